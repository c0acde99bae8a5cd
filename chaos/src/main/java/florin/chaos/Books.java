package florin.chaos;

import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.TransferLegEvent;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the log comes to: every account and every transfer, worked out from the events alone. */
final class Books {
    private final Map<String, AccountBook> accounts = new LinkedHashMap<>();
    private final Map<String, TransferBook> transfers = new LinkedHashMap<>();

    static Books of(EventLog log) {
        Books books = new Books();
        log.events().forEach(recorded -> books.add(recorded.event()));
        return books;
    }

    private void add(Object event) {
        if (event instanceof AccountEvent ofAccount) {
            accounts.computeIfAbsent(ofAccount.iban().value(), iban -> new AccountBook(ofAccount.iban()))
                    .add(ofAccount);
        }
        if (event instanceof TransferLegEvent leg) {
            transfer(leg.transferId()).add(leg);
        } else if (event instanceof TransferEvent ofTransfer) {
            transfer(ofTransfer.transferId()).add(ofTransfer);
        }
    }

    private TransferBook transfer(TransferId id) {
        return transfers.computeIfAbsent(id.value(), value -> new TransferBook(id));
    }

    Collection<AccountBook> accounts() {
        return accounts.values();
    }

    /** Of any text, which need not be an IBAN. */
    Optional<AccountBook> account(String iban) {
        return Optional.ofNullable(accounts.get(iban));
    }

    /** The accounts that were opened. */
    List<AccountBook> opened() {
        return accounts.values().stream()
                .filter(book -> book.opened().isPresent())
                .toList();
    }

    Collection<TransferBook> transfers() {
        return transfers.values();
    }

    /** Of any text, which need not be an id. */
    Optional<TransferBook> transfer(String id) {
        return Optional.ofNullable(transfers.get(id));
    }

    static String currency(AccountBook book) {
        return book.opened().map(AccountOpened::currency).map(Object::toString).orElse("?");
    }
}
