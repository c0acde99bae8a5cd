package florin.account.query.projection;

import florin.account.api.Iban;
import florin.kit.EventBatch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.axonframework.eventhandling.DomainEventMessage;

/** The accounts of one unit of work's events: read by one statement, changed in memory, written by one statement. */
final class AccountBatch {

    private final AccountRows rows;
    private final Set<String> read = new HashSet<>();
    private final Map<String, AccountRow> current = new HashMap<>();
    private final Set<String> changed = new LinkedHashSet<>();

    private AccountBatch(AccountRows rows) {
        this.rows = rows;
    }

    /** That of the current unit of work. */
    static AccountBatch of(AccountRows rows) {
        return EventBatch.work(AccountBatch.class.getName(), () -> new AccountBatch(rows), AccountBatch::write);
    }

    Optional<AccountRow> find(Iban iban) {
        if (!read.contains(iban.value())) {
            read(iban.value());
        }
        return Optional.ofNullable(current.get(iban.value()));
    }

    void put(AccountRow row) {
        current.put(row.iban(), row);
        changed.add(row.iban());
    }

    private void read(String iban) {
        Set<String> wanted = new LinkedHashSet<>();
        wanted.add(iban);
        // The identifier, not the payload: one that cannot be read must fail in its own event's handler.
        EventBatch.messages().forEach(message -> {
            if (message instanceof DomainEventMessage<?> event) {
                wanted.add(event.getAggregateIdentifier());
            }
        });
        wanted.removeAll(read);
        rows.find(wanted).forEach(row -> current.put(row.iban(), row));
        read.addAll(wanted);
    }

    private void write() {
        rows.write(changed.stream().map(current::get).toList());
    }
}
