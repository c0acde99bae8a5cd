package florin.transfer.saga;

import florin.kit.Columns;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;

/** The table of sagas. */
@Component
class SagaRows {

    static final int MOST_PICKED = 100;

    private static final RowMapper<SagaRow> ROW = (row, index) -> new SagaRow(row);

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

    SagaRows(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    Optional<SagaRow> find(String sagaId) {
        return jdbc.query("SELECT * FROM transfer_saga WHERE saga_id = ?", ROW, sagaId).stream()
                .findFirst();
    }

    List<SagaRow> ofTransfers(Collection<String> transfers) {
        return jdbc.query("SELECT * FROM transfer_saga WHERE transfer_id = ANY (?)", ROW, (Object)
                transfers.toArray(new String[0]));
    }

    /** Gives how many were written: one that another process has changed since it was read is not. */
    int write(List<SagaRow> begun, List<SagaRow> driven, List<SagaRow> ended) {
        return Columns.of(begun)
                .text(SagaRow::id)
                .text(SagaRow::transferId)
                .bigint(SagaRow::version)
                .text(SagaRow::state)
                .text(SagaRow::deadlinesText)
                .timestamp(SagaRow::due)
                .and(Columns.of(driven)
                        .text(SagaRow::id)
                        .bigint(SagaRow::version)
                        .text(SagaRow::state)
                        .text(SagaRow::deadlinesText)
                        .timestamp(SagaRow::due))
                .and(Columns.of(ended).text(SagaRow::id).bigint(SagaRow::version))
                .count(jdbc, WRITE);
    }

    void deleteAll() {
        int unused = jdbc.update("DELETE FROM transfer_saga");
    }

    /**
     * The deadlines of some sagas of which one is due, the longest due first; nobody else picks them until then. Among them
     * may be sagas whose first deadline has been put off: {@code due_at} does not follow it each time, because a row that
     * changes no index is written for less; it is set right here.
     */
    Map<String, Map<String, SagaDeadline>> pickDue(Instant now, Instant until) {
        List<SagaRow> picked = jdbc.query(
                "UPDATE transfer_saga SET picked_until = ? WHERE saga_id IN (SELECT saga_id FROM transfer_saga"
                        + " WHERE due_at <= ? AND (picked_until IS NULL OR picked_until <= ?)"
                        + " ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING *",
                ROW,
                Timestamp.from(until),
                Timestamp.from(now),
                Timestamp.from(now),
                MOST_PICKED);
        int unused = Columns.of(picked.stream().filter(row -> row.isPutOff(now)).toList())
                .text(SagaRow::id)
                .bigint(SagaRow::version)
                .timestamp(SagaRow::due)
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
}
