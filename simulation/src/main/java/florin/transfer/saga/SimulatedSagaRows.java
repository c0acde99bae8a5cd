package florin.transfer.saga;

import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.axonframework.deadline.DeadlineMessage;

/** The table of sagas and their deadlines, in memory; what is written is written at once, as in one transaction. */
public final class SimulatedSagaRows {

    private final Map<String, SagaRow> table = new LinkedHashMap<>();
    private final Consumer<Deadline> onDeadline;
    private final boolean overwrites;
    private final SagaRows rows = new Rows();

    /** A deadline that was set. */
    public record Deadline(String transferId, String sagaId, String name, SagaDeadline deadline) {

        public String id() {
            return deadline.id();
        }

        public Instant due() {
            return deadline.due();
        }

        public String payload() {
            return deadline.payload();
        }

        public DeadlineMessage<String> message() {
            return SagaDeadlines.message(name, deadline);
        }
    }

    /** Tells of each deadline that is set. {@code overwrites} is for a deliberate bug: whatever another process has changed. */
    public SimulatedSagaRows(Consumer<Deadline> onDeadline, boolean overwrites) {
        this.onDeadline = onDeadline;
        this.overwrites = overwrites;
    }

    public int size() {
        return table.size();
    }

    public void clear() {
        table.clear();
    }

    public void clearDeadlines() {
        table.replaceAll(
                (id, row) -> new SagaRow(row.id(), row.transferId(), row.version(), row.state(), new TreeMap<>()));
    }

    public boolean stands(Deadline deadline) {
        SagaRow row = table.get(deadline.sagaId());
        return row != null && row.deadlines().containsValue(deadline.deadline());
    }

    SagaRows rows() {
        return rows;
    }

    private boolean isUnchanged(SagaRow read) {
        SagaRow stored = table.get(read.id());
        return overwrites || (stored != null && stored.version() == read.version());
    }

    private void put(SagaRow written) {
        SagaRow row = new SagaRow(
                written.id(),
                written.transferId(),
                written.version(),
                written.state(),
                new TreeMap<>(written.deadlines()));
        SagaRow before = table.put(row.id(), row);
        row.deadlines().forEach((name, deadline) -> {
            if (before == null || !before.deadlines().containsValue(deadline)) {
                onDeadline.accept(new Deadline(row.transferId(), row.id(), name, deadline));
            }
        });
    }

    private final class Rows extends SagaRows {

        Rows() {
            super(null);
        }

        @Override
        Optional<SagaRow> find(String sagaId) {
            return Optional.ofNullable(table.get(sagaId));
        }

        @Override
        List<SagaRow> ofTransfers(Collection<String> transfers) {
            return table.values().stream()
                    .filter(row -> transfers.contains(row.transferId()))
                    .toList();
        }

        @Override
        int write(List<SagaRow> begun, List<SagaRow> driven, List<SagaRow> ended) {
            for (SagaRow row : begun) {
                if (!ofTransfers(List.of(row.transferId())).isEmpty()) {
                    throw new IllegalStateException("There is a saga of " + row.transferId() + " already");
                }
            }
            List<SagaRow> changed = driven.stream().filter(this::isThere).toList();
            List<SagaRow> gone = ended.stream().filter(this::isThere).toList();
            int written = begun.size() + changed.size() + gone.size();
            if (written == begun.size() + driven.size() + ended.size() || overwrites) {
                begun.forEach(SimulatedSagaRows.this::put);
                changed.forEach(row -> put(row.next()));
                gone.forEach(row -> table.remove(row.id()));
            }
            return overwrites ? begun.size() + driven.size() + ended.size() : written;
        }

        private boolean isThere(SagaRow row) {
            return table.containsKey(row.id()) && isUnchanged(row);
        }
    }
}
