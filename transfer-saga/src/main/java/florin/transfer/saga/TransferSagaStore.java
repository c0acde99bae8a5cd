package florin.transfer.saga;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import florin.kit.EventBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.modelling.saga.AssociationValue;
import org.axonframework.modelling.saga.AssociationValues;
import org.axonframework.modelling.saga.repository.SagaStore;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.springframework.dao.OptimisticLockingFailureException;

/**
 * The sagas of transfers, a row each: read for all events of a batch at once, and written at once before the batch commits.
 *
 * <p>It never overwrites what another process has done to a saga since it was read here. A deadline on one process and an event
 * on another may work on the same saga. Without its version the later one would put the saga back to where it read it, behind
 * events that never come again. It fails instead, and is repeated on what is there now.
 */
final class TransferSagaStore implements SagaStore<Object> {

    private static final Duration KEPT_AFTER_DEADLINE = Duration.ofMinutes(1);
    private static final Duration KEPT_IN_MEMORY = Duration.ofMillis(500);
    private static final int MOST_IN_MEMORY = 5_000;

    private final SagaRows rows;
    private final Serializer serializer;

    /**
     * Sagas that a deadline has changed here since a batch may have read them; the next to load one reads it again. A batch
     * takes far less time than they are kept.
     */
    private final Set<String> changedByDeadline;

    /**
     * Sagas as they were written last, by transfer: the next event of a transfer mostly comes soon, and finds its saga here. Not
     * for as long as the shortest pause before a deadline, which another process may carry out. A unit of work takes out what
     * it loads, and puts back what it has committed.
     */
    private final Cache<String, Kept> inMemory;

    TransferSagaStore(SagaRows rows, Serializer serializer) {
        this(rows, serializer, Ticker.systemTicker());
    }

    TransferSagaStore(SagaRows rows, Serializer serializer, Ticker ticker) {
        this.rows = rows;
        this.serializer = serializer;
        changedByDeadline = Collections.newSetFromMap(Caffeine.newBuilder()
                .expireAfterWrite(KEPT_AFTER_DEADLINE)
                .ticker(ticker)
                .executor(Runnable::run)
                .<String, Boolean>build()
                .asMap());
        inMemory = Caffeine.newBuilder()
                .expireAfterWrite(KEPT_IN_MEMORY)
                .maximumSize(MOST_IN_MEMORY)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    private record Kept(SagaRow row, Object saga) {}

    /** What a unit of work has read and will write. */
    private static final class Sagas {
        private final Map<String, SagaRow> read = new HashMap<>();
        private final Map<String, Object> live = new HashMap<>();
        /** By transfer; null if it has none. */
        private final Map<String, String> sagaOf = new HashMap<>();

        private final Map<String, Map<String, SagaDeadline>> deadlines = new HashMap<>();
        private String carriedOut; // The deadline's id.
        private final List<SagaRow> inserted = new ArrayList<>();
        private final List<SagaRow> updated = new ArrayList<>();
        private final List<SagaRow> deleted = new ArrayList<>();

        private void add(SagaRow row) {
            read.put(row.id(), row);
            sagaOf.put(row.transferId(), row.id());
        }
    }

    private Sagas sagas() {
        return EventBatch.work("sagas", () -> read(EventBatch.messages()), this::write);
    }

    private Sagas read(List<Message<?>> messages) {
        Sagas sagas = new Sagas();
        readOf(TransferView.transfersOf(messages), sagas);
        return sagas;
    }

    private void readOf(Collection<String> transfers, Sagas sagas) {
        Set<String> elsewhere = new HashSet<>();
        for (String transfer : transfers) {
            Kept kept = inMemory.getIfPresent(transfer);
            if (kept == null) {
                elsewhere.add(transfer);
                sagas.sagaOf.put(transfer, null);
            } else {
                sagas.add(kept.row());
            }
        }
        if (!elsewhere.isEmpty()) {
            rows.ofTransfers(elsewhere).forEach(sagas::add);
        }
    }

    private void write(Sagas sagas) {
        int written = rows.write(sagas.inserted, sagas.updated, sagas.deleted);
        requireAll(sagas, written);
        CurrentUnitOfWork.get().afterCommit(unit -> keep(sagas));
    }

    private void keep(Sagas sagas) {
        sagas.inserted.forEach(row -> keep(row, sagas));
        sagas.updated.forEach(row -> keep(row.next(), sagas));
        sagas.deleted.forEach(row -> inMemory.invalidate(row.transferId()));
    }

    private void keep(SagaRow row, Sagas sagas) {
        inMemory.put(row.transferId(), new Kept(row, sagas.live.get(row.id())));
    }

    private void requireAll(Sagas sagas, int written) {
        int lost = sagas.inserted.size() + sagas.updated.size() + sagas.deleted.size() - written;
        if (lost != 0) {
            inMemory.invalidateAll(); // Whoever works on these may work on others.
            throw new OptimisticLockingFailureException("Another process has changed " + lost + " of the sagas "
                    + Stream.concat(sagas.updated.stream(), sagas.deleted.stream())
                            .map(SagaRow::id)
                            .toList());
        }
    }

    @Override
    public Set<String> findSagas(Class<?> sagaType, AssociationValue association) {
        Sagas sagas = sagas();
        String transferId = association.getValue();
        if (!sagas.sagaOf.containsKey(transferId)) {
            readOf(Set.of(transferId), sagas);
        }
        String sagaId = sagas.sagaOf.get(transferId);
        return sagaId == null ? Set.of() : Set.of(sagaId);
    }

    @Override
    public <S> Entry<S> loadSaga(Class<S> sagaType, String sagaId) {
        Sagas sagas = sagas();
        if (!sagas.read.containsKey(sagaId) || sagas.carriedOut != null || changedByDeadline.remove(sagaId)) {
            sagas.read.remove(sagaId);
            sagas.live.remove(sagaId);
            sagas.deadlines.remove(sagaId);
            rows.find(sagaId).ifPresent(sagas::add);
        }
        SagaRow row = sagas.read.get(sagaId);
        if (row == null) {
            return null;
        }
        S saga = sagaType.cast(sagas.live.computeIfAbsent(sagaId, absent -> take(row, sagaType)));
        Set<AssociationValue> associations = Set.of(new AssociationValue(TransferSaga.TRANSFER_ID, row.transferId()));
        return new Entry<>() {
            @Override
            public Set<AssociationValue> associationValues() {
                return associations;
            }

            @Override
            public S saga() {
                return saga;
            }
        };
    }

    /** The saga of the row, out of memory if it is there, so that nobody else finds what is about to change. */
    private Object take(SagaRow row, Class<?> sagaType) {
        Kept kept = inMemory.asMap().remove(row.transferId());
        return kept != null && kept.row().equals(row)
                ? kept.saga()
                : serializer.deserialize(
                        new SimpleSerializedObject<>(row.state(), String.class, sagaType.getName(), null));
    }

    @Override
    public void insertSaga(Class<?> sagaType, String sagaId, Object saga, Set<AssociationValue> associations) {
        String transferId = associations.iterator().next().getValue();
        Sagas sagas = sagas();
        sagas.live.put(sagaId, saga);
        sagas.inserted.add(new SagaRow(sagaId, transferId, 0, state(saga), deadlines(sagaId)));
    }

    @Override
    public void updateSaga(Class<?> sagaType, String sagaId, Object saga, AssociationValues associations) {
        Sagas sagas = sagas();
        SagaRow read = sagas.read.get(sagaId);
        sagas.updated.add(new SagaRow(sagaId, read.transferId(), read.version(), state(saga), deadlines(sagaId)));
    }

    @Override
    public void deleteSaga(Class<?> sagaType, String sagaId, Set<AssociationValue> associations) {
        Sagas sagas = sagas();
        changedByDeadline.remove(sagaId);
        sagas.deleted.add(sagas.read.get(sagaId));
    }

    /** The deadlines of a saga by name, as this unit of work leaves them. */
    Map<String, SagaDeadline> deadlines(String sagaId) {
        Sagas sagas = sagas();
        return sagas.deadlines.computeIfAbsent(sagaId, first -> {
            SagaRow read = sagas.read.get(sagaId);
            Map<String, SagaDeadline> standing = new TreeMap<>(read == null ? Map.of() : read.deadlines());
            standing.values().removeIf(deadline -> deadline.id().equals(sagas.carriedOut));
            return standing;
        });
    }

    /** Takes away a deadline that this unit of work carries out; false if it does not stand any more. */
    boolean takeDeadline(String sagaId, String deadlineId) {
        Sagas sagas = sagas();
        rows.find(sagaId).ifPresent(sagas::add);
        boolean stands = deadlines(sagaId).values().stream()
                .anyMatch(deadline -> deadline.id().equals(deadlineId));
        if (stands) {
            sagas.carriedOut = deadlineId;
            CurrentUnitOfWork.get().afterCommit(unit -> changedByDeadline.add(sagaId));
        }
        return stands;
    }

    private String state(Object saga) {
        return serializer.serialize(saga, String.class).getData();
    }
}
