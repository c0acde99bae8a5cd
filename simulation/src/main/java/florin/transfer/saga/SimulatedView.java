package florin.transfer.saga;

import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;

/** The view of transfers over a table in memory; each event is one transaction of rows and token. */
public final class SimulatedView {

    private final Map<String, TransferRow> table = new LinkedHashMap<>();
    private final Set<String> events = new HashSet<>();
    private final Map<String, TransferDetails> shown = new LinkedHashMap<>();
    private final Map<String, Drives> drives = new HashMap<>();
    private final Map<String, Long> letGoOnAt = new HashMap<>();
    private final TransferRows rows = new Rows();
    private final TransferTimelines timelines = new TransferTimelines(null) {
        @Override
        long letGoOnAt(TransferId id) {
            return letGoOnAt.getOrDefault(id.value(), 0L);
        }
    };
    private ViewBatch batch = new ViewBatch(List.of(), Set.of());
    private final TransferView view = new TransferView(null, null, null, null) {
        @Override
        ViewBatch batch() {
            return batch;
        }
    };

    /** How often the reconciler drove a transfer since it last moved. */
    private record Drives(Instant from, int count, Instant at) {}

    public void handle(EventMessage<?> message) {
        TransferRow before = table.get(TransferView.transferIdOf(message).toString());
        boolean isSeenPerhaps = before != null
                && !TransferView.seenPerhaps(List.of(before), List.of(message)).isEmpty();
        batch = new ViewBatch(table.values(), isSeenPerhaps ? events : new HashSet<>());
        ViewEvents.handle(view, message);
        batch.added().forEach(this::add);
        for (TransferRow row : batch.shown()) {
            String id = row.transferId().value();
            table.put(id, row);
            shown.put(id, row.details());
        }
    }

    private void add(EventMessage<?> event) {
        events.add(event.getIdentifier());
        if (event.getPayload() instanceof TransferCancellationRequested
                || event.getPayload() instanceof TransferResumed) {
            letGoOnAt.put(
                    TransferView.transferIdOf(event).toString(), ((DomainEventMessage<?>) event).getSequenceNumber());
        }
    }

    public Optional<TransferDetails> find(TransferId id) {
        return Optional.ofNullable(shown.get(id.value()));
    }

    public Collection<TransferDetails> all() {
        return shown.values();
    }

    TransferRows rows() {
        return rows;
    }

    TransferTimelines timelines() {
        return timelines;
    }

    private final class Rows extends TransferRows {

        Rows() {
            super(null);
        }

        @Override
        List<TransferRow> findStandingStill(Instant movedBy, Instant drivenBy, Instant now) {
            Function<TransferDetails, Instant> drivenAt =
                    row -> drives.containsKey(row.id().value())
                            ? drives.get(row.id().value()).at()
                            : Instant.MIN;
            return shown.values().stream()
                    .filter(row -> !row.status().isFinal() && row.status() != TransferStatus.PARKED)
                    .filter(row -> !row.updatedAt().isAfter(movedBy))
                    .filter(row -> !drivenAt.apply(row).isAfter(drivenBy))
                    .sorted(Comparator.comparing(drivenAt).thenComparing(TransferDetails::updatedAt))
                    .limit(MOST_STANDING)
                    .map(row -> table.get(row.id().value()))
                    .toList();
        }

        @Override
        List<TransferRow> findParked(Instant requestedBy, Instant movedBy) {
            return shown.values().stream()
                    .filter(row -> row.status() == TransferStatus.PARKED)
                    .filter(row -> !row.requestedAt().isAfter(requestedBy))
                    .filter(row -> !row.updatedAt().isAfter(movedBy))
                    .sorted(Comparator.comparing(TransferDetails::requestedAt))
                    .map(row -> table.get(row.id().value()))
                    .filter(row -> Protocol.leads(row.step(), TransferStep.CANCEL))
                    .limit(MOST_STANDING)
                    .toList();
        }

        @Override
        int countDrive(String id, Instant now) {
            Instant movedAt = shown.get(id).updatedAt();
            Drives before = drives.get(id);
            int count = before != null && before.from().equals(movedAt) ? before.count() + 1 : 1;
            drives.put(id, new Drives(movedAt, count, now));
            return count;
        }
    }
}
