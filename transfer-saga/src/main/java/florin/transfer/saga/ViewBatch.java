package florin.transfer.saga;

import florin.transfer.api.TransferId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.axonframework.eventhandling.EventMessage;

/** The transfers that a batch of events is about, as they stand and as the events leave them. */
final class ViewBatch {

    private final Map<String, TransferRow> rows = new HashMap<>();
    private final Set<String> events;
    private final Map<String, TransferRow> shown = new LinkedHashMap<>();
    private final List<EventMessage<?>> added = new ArrayList<>();

    /** {@code events} are the identifiers of those that the view knows already. */
    ViewBatch(Collection<TransferRow> rows, Set<String> events) {
        rows.forEach(row -> this.rows.put(row.transferId().value(), row));
        this.events = events;
    }

    /** False if the event was added before, now or then. */
    boolean add(EventMessage<?> event) {
        return events.add(event.getIdentifier()) && added.add(event);
    }

    Optional<TransferRow> find(TransferId id) {
        return Optional.ofNullable(rows.get(id.value()));
    }

    void show(TransferRow row) {
        String id = row.transferId().value();
        rows.put(id, row);
        shown.put(id, row);
    }

    /** The rows that are new or changed. */
    Collection<TransferRow> shown() {
        return shown.values();
    }

    /** The events that are new, in their order. */
    List<EventMessage<?>> added() {
        return added;
    }
}
