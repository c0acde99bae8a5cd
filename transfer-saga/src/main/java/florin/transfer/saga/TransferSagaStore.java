package florin.transfer.saga;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import florin.kit.Columns;
import florin.kit.EventBatch;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sagas of transfers, a row each: read for all events of a batch at once, and written at once before the batch commits.
 *
 * <p>It never overwrites what another process has done to a saga since it was read here. A deadline on one process and an event
 * on another may work on the same saga. Without its version the later one would put the saga back to where it read it, behind
 * events that never come again. It fails instead, and is repeated on what is there now.
 */
final class TransferSagaStore implements SagaStore<Object> {

    private static final JsonMapper JSON = JsonMapper.shared();
    static final int MOST_PICKED = 100;

    private static final Duration KEPT_AFTER_DEADLINE = Duration.ofMinutes(1);
    private static final Duration KEPT_IN_MEMORY = Duration.ofMillis(500);
    private static final int MOST_IN_MEMORY = 5_000;
    private static final TypeReference<Map<String, SagaDeadline>> DEADLINES = new TypeReference<>() {};

    /** Gives how many rows it wrote. */
    private static final String WRITE = "WITH begun AS ("
            + "INSERT INTO transfer_saga (saga_id, transfer_id, version, state, deadlines, due_at)"
            + " SELECT * FROM unnest(?, ?, ?, ?, ?, ?) RETURNING 1),"
            + " driven AS (UPDATE transfer_saga SET version = transfer_saga.version + 1, state = changed.state,"
            + " deadlines = changed.deadlines, due_at = LEAST(transfer_saga.due_at, changed.due_at), picked_until = NULL"
            + " FROM unnest(?, ?, ?, ?, ?) AS changed (saga_id, version, state, deadlines, due_at)"
            + " WHERE transfer_saga.saga_id = changed.saga_id AND transfer_saga.version = changed.version RETURNING 1),"
            + " gone AS (DELETE FROM transfer_saga USING unnest(?, ?) AS ended (saga_id, version)"
            + " WHERE transfer_saga.saga_id = ended.saga_id AND transfer_saga.version = ended.version RETURNING 1)"
            + " SELECT (SELECT count(*) FROM begun) + (SELECT count(*) FROM driven) + (SELECT count(*) FROM gone)";

    private final JdbcTemplate jdbc;
    private final Serializer serializer;

    /**
     * Sagas that a deadline has changed here since a batch may have read them; the next to load one reads it again. A batch
     * takes far less time than they are kept.
     */
    private final Set<String> changedByDeadline = Collections.newSetFromMap(Caffeine.newBuilder()
            .expireAfterWrite(KEPT_AFTER_DEADLINE)
            .executor(Runnable::run)
            .<String, Boolean>build()
            .asMap());

    /**
     * Sagas as they were written last, by transfer: the next event of a transfer mostly comes soon, and finds its saga here. Not
     * for as long as the shortest pause before a deadline, which another process may carry out. A unit of work takes out what
     * it loads, and puts back what it has committed.
     */
    private final Cache<String, Kept> inMemory = Caffeine.newBuilder()
            .expireAfterWrite(KEPT_IN_MEMORY)
            .maximumSize(MOST_IN_MEMORY)
            .executor(Runnable::run)
            .build();

    TransferSagaStore(JdbcTemplate jdbc, Serializer serializer) {
        this.jdbc = jdbc;
        this.serializer = serializer;
    }

    private record Row(String id, String transferId, long version, String state, Map<String, SagaDeadline> deadlines) {
        Row(ResultSet row) throws SQLException {
            this(
                    row.getString("saga_id"),
                    row.getString("transfer_id"),
                    row.getLong("version"),
                    row.getString("state"),
                    JSON.readValue(row.getString("deadlines"), DEADLINES));
        }

        Row next() {
            return new Row(id, transferId, version + 1, state, deadlines);
        }

        String deadlinesText() {
            return JSON.writeValueAsString(deadlines);
        }

        Instant due() {
            return deadlines.values().stream()
                    .map(SagaDeadline::due)
                    .min(Comparator.naturalOrder())
                    .orElse(null);
        }

        boolean isPutOff(Instant now) {
            return due() == null || due().isAfter(now);
        }
    }

    private record Kept(Row row, Object saga) {}

    /** What a unit of work has read and will write. */
    private static final class Sagas {
        private final Map<String, Row> read = new HashMap<>();
        private final Map<String, Object> live = new HashMap<>();
        /** By transfer; null if it has none. */
        private final Map<String, String> sagaOf = new HashMap<>();

        private final Map<String, Map<String, SagaDeadline>> deadlines = new HashMap<>();
        private String carriedOut; // The deadline's id.
        private final List<Row> inserted = new ArrayList<>();
        private final List<Row> updated = new ArrayList<>();
        private final List<Row> deleted = new ArrayList<>();

        private void add(Row row) {
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
            readWhere("transfer_id = ANY (?)", elsewhere, sagas);
        }
    }

    private void readWhere(String condition, Collection<String> values, Sagas sagas) {
        jdbc.query("SELECT * FROM transfer_saga WHERE " + condition, (row, index) -> new Row(row), (Object)
                        values.toArray(new String[0]))
                .forEach(sagas::add);
    }

    private void write(Sagas sagas) {
        int written = Columns.of(sagas.inserted)
                .text(Row::id)
                .text(Row::transferId)
                .bigint(Row::version)
                .text(Row::state)
                .text(Row::deadlinesText)
                .timestamp(Row::due)
                .and(Columns.of(sagas.updated)
                        .text(Row::id)
                        .bigint(Row::version)
                        .text(Row::state)
                        .text(Row::deadlinesText)
                        .timestamp(Row::due))
                .and(Columns.of(sagas.deleted).text(Row::id).bigint(Row::version))
                .count(jdbc, WRITE);
        requireAll(sagas, written);
        CurrentUnitOfWork.get().afterCommit(unit -> keep(sagas));
    }

    private void keep(Sagas sagas) {
        sagas.inserted.forEach(row -> keep(row, sagas));
        sagas.updated.forEach(row -> keep(row.next(), sagas));
        sagas.deleted.forEach(row -> inMemory.invalidate(row.transferId()));
    }

    private void keep(Row row, Sagas sagas) {
        inMemory.put(row.transferId(), new Kept(row, sagas.live.get(row.id())));
    }

    private void requireAll(Sagas sagas, int written) {
        int lost = sagas.inserted.size() + sagas.updated.size() + sagas.deleted.size() - written;
        if (lost != 0) {
            inMemory.invalidateAll(); // Whoever works on these may work on others.
            throw new OptimisticLockingFailureException("Another process has changed " + lost + " of the sagas "
                    + Stream.concat(sagas.updated.stream(), sagas.deleted.stream())
                            .map(Row::id)
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
            readWhere("saga_id = ANY (?)", Set.of(sagaId), sagas);
        }
        Row row = sagas.read.get(sagaId);
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
    private Object take(Row row, Class<?> sagaType) {
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
        sagas.inserted.add(new Row(sagaId, transferId, 0, state(saga), deadlines(sagaId)));
    }

    @Override
    public void updateSaga(Class<?> sagaType, String sagaId, Object saga, AssociationValues associations) {
        Sagas sagas = sagas();
        Row read = sagas.read.get(sagaId);
        sagas.updated.add(new Row(sagaId, read.transferId(), read.version(), state(saga), deadlines(sagaId)));
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
            Row read = sagas.read.get(sagaId);
            Map<String, SagaDeadline> standing = new TreeMap<>(read == null ? Map.of() : read.deadlines());
            standing.values().removeIf(deadline -> deadline.id().equals(sagas.carriedOut));
            return standing;
        });
    }

    /** Takes away a deadline that this unit of work carries out; false if it does not stand any more. */
    boolean takeDeadline(String sagaId, String deadlineId) {
        Sagas sagas = sagas();
        readWhere("saga_id = ANY (?)", Set.of(sagaId), sagas);
        boolean stands = deadlines(sagaId).values().stream()
                .anyMatch(deadline -> deadline.id().equals(deadlineId));
        if (stands) {
            sagas.carriedOut = deadlineId;
            CurrentUnitOfWork.get().afterCommit(unit -> changedByDeadline.add(sagaId));
        }
        return stands;
    }

    /**
     * The deadlines of some sagas of which one is due, the longest due first; nobody else picks them until then. Among them
     * may be sagas whose first deadline has been put off: {@code due_at} does not follow it each time, because a row that
     * changes no index is written for less; it is set right here.
     */
    Map<String, Map<String, SagaDeadline>> pickDue(Instant now, Instant until) {
        List<Row> picked = jdbc.query(
                "UPDATE transfer_saga SET picked_until = ? WHERE saga_id IN (SELECT saga_id FROM transfer_saga"
                        + " WHERE due_at <= ? AND (picked_until IS NULL OR picked_until <= ?)"
                        + " ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING *",
                (row, index) -> new Row(row),
                Timestamp.from(until),
                Timestamp.from(now),
                Timestamp.from(now),
                MOST_PICKED);
        int unused = Columns.of(picked.stream().filter(row -> row.isPutOff(now)).toList())
                .text(Row::id)
                .bigint(Row::version)
                .timestamp(Row::due)
                .update(
                        jdbc,
                        // What is locked is being written, and comes back into the choice by that.
                        "UPDATE transfer_saga SET due_at = later.due_at, picked_until = NULL FROM ("
                                + "SELECT saga_id, put_off.due_at FROM transfer_saga"
                                + " JOIN unnest(?, ?, ?) AS put_off (saga_id, version, due_at)"
                                + " USING (saga_id, version) FOR UPDATE OF transfer_saga SKIP LOCKED) AS later"
                                + " WHERE transfer_saga.saga_id = later.saga_id");
        Map<String, Map<String, SagaDeadline>> due = new LinkedHashMap<>();
        picked.forEach(row -> due.put(row.id(), row.deadlines()));
        return due;
    }

    /** Lets a saga that was picked be picked again then. */
    void pickAgain(String sagaId, Instant then) {
        int unused = jdbc.update(
                "UPDATE transfer_saga SET picked_until = ? WHERE saga_id = ?", Timestamp.from(then), sagaId);
    }

    private String state(Object saga) {
        return serializer.serialize(saga, String.class).getData();
    }
}
