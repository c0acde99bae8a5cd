package florin.transfer.saga;

import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
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
import java.util.stream.Stream;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;

/** The view of transfers over tables in memory, which are read and written as the service's are: once for a batch of events. */
public final class SimulatedView {

    private static final TransferWatch NOBODY_WAITS = new TransferWatch(null, null);
    private static final List<Field> CHANGING = Stream.of(TransferRow.class.getDeclaredFields())
            .filter(field -> (field.getModifiers() & (Modifier.FINAL | Modifier.STATIC)) == 0)
            .toList();

    static {
        CHANGING.forEach(field -> field.setAccessible(true));
    }

    private final Map<String, TransferRow> table = new LinkedHashMap<>();
    private final Map<String, TransferDetails> shown = new LinkedHashMap<>();
    private final Map<String, Set<String>> steps = new HashMap<>();
    private final Map<String, Drives> drives = new HashMap<>();
    private final Map<String, Long> letGoOnAt = new HashMap<>();
    private final boolean countsTwice;
    private final TransferRows rows = new Rows();
    private final TransferTimelines timelines = new Timelines();
    private final TransferView view = new TransferView(rows, null, timelines, NOBODY_WAITS);

    /** How often the reconciler drove a transfer since it last moved. */
    private record Drives(Instant from, int count, Instant at) {}

    /** {@code countsTwice} is for a deliberate bug: it does not recognize an event that it has shown before. */
    public SimulatedView(boolean countsTwice) {
        this.countsTwice = countsTwice;
    }

    /** Within a unit of work, which writes what came of it. */
    public void handle(EventMessage<?> message) {
        ViewEvents.handle(view, message);
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

    /** As it is read: what becomes of it is nothing to the table, and nothing to whoever has read it before. */
    private TransferRow read(TransferDetails details) {
        return copy(table.get(details.id().value()));
    }

    private static TransferRow copy(TransferRow row) {
        TransferRow copy = new TransferRow(row.request(), row.correlationId(), row.requestedAt());
        try {
            for (Field field : CHANGING) {
                field.set(copy, field.get(row));
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
        return copy;
    }

    private final class Rows extends TransferRows {

        Rows() {
            super(null);
        }

        @Override
        List<TransferRow> find(Collection<String> ids) {
            return shown.values().stream()
                    .filter(row -> ids.contains(row.id().value()))
                    .map(SimulatedView.this::read)
                    .toList();
        }

        @Override
        void write(Collection<TransferRow> written) {
            for (TransferRow row : written) {
                TransferDetails details = row.details();
                table.put(details.id().value(), copy(row));
                shown.put(details.id().value(), details);
            }
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
                    .filter(row -> !drivenAt.apply(row).isAfter(drivenBy)
                            || drivenAt.apply(row).isAfter(now))
                    .sorted(Comparator.comparing(drivenAt).thenComparing(TransferDetails::updatedAt))
                    .limit(MOST_STANDING)
                    .map(SimulatedView.this::read)
                    .toList();
        }

        @Override
        List<TransferRow> findParked(Instant requestedBy, Instant movedBy) {
            return shown.values().stream()
                    .filter(row -> row.status() == TransferStatus.PARKED)
                    .filter(row -> !row.requestedAt().isAfter(requestedBy))
                    .filter(row -> !row.updatedAt().isAfter(movedBy))
                    .sorted(Comparator.comparing(TransferDetails::requestedAt))
                    .map(SimulatedView.this::read)
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

    private final class Timelines extends TransferTimelines {

        Timelines() {
            super(null);
        }

        @Override
        Set<String> known(Collection<String> transferIds) {
            Set<String> known = new HashSet<>();
            if (!countsTwice) {
                transferIds.forEach(id -> known.addAll(steps.getOrDefault(id, Set.of())));
            }
            return known;
        }

        @Override
        void write(Collection<EventMessage<?>> events) {
            events.forEach(this::write);
        }

        private void write(EventMessage<?> event) {
            String id = TransferView.transferIdOf(event).toString();
            steps.computeIfAbsent(id, none -> new HashSet<>()).add(event.getIdentifier());
            if (event.getPayload() instanceof TransferCancellationRequested
                    || event.getPayload() instanceof TransferResumed) {
                letGoOnAt.merge(id, ((DomainEventMessage<?>) event).getSequenceNumber(), Math::max);
            }
        }

        @Override
        long letGoOnAt(TransferId id) {
            return letGoOnAt.getOrDefault(id.value(), 0L);
        }
    }
}
