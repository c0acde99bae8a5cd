package florin.transfer.saga;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Component;

/** The table of the view. */
@Component
class TransferRows {

    /** Of those that stand still, at once. */
    static final int MOST_STANDING = 100;

    private static final RowMapper<TransferRow> ROW = (row, index) -> new TransferRow(row);

    private final JdbcTemplate jdbc;

    TransferRows(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    Optional<TransferRow> find(String id) {
        return find(Set.of(id)).stream().findFirst();
    }

    List<TransferRow> find(Collection<String> ids) {
        return jdbc.query("SELECT * FROM transfer_view WHERE id = ANY (?)", ROW, (Object) ids.toArray(new String[0]));
    }

    void write(Collection<TransferRow> rows) {
        int unused = TransferRow.columns(rows)
                .update(
                        jdbc,
                        "INSERT INTO transfer_view (id, status, reason, from_iban, to_iban, amount_minor, currency,"
                                + " reference, correlation_id, requested_at, updated_at, parked, called_off)"
                                + " SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                + " ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason,"
                                + " updated_at = excluded.updated_at, parked = excluded.parked,"
                                + " called_off = excluded.called_off");
    }

    /**
     * Of those that are neither final nor parked and have neither moved nor been driven since; the longest not driven first. What
     * was driven after now was so before the clock was set back.
     */
    List<TransferRow> findStandingStill(Instant movedBy, Instant drivenBy, Instant now) {
        return jdbc.query(
                "SELECT * FROM transfer_view WHERE ended_as IS NULL AND NOT parked AND updated_at <= ?"
                        + " AND (driven_at IS NULL OR driven_at <= ? OR driven_at > ?) ORDER BY driven_at NULLS FIRST, updated_at LIMIT ?",
                ROW,
                Timestamp.from(movedBy),
                Timestamp.from(drivenBy),
                Timestamp.from(now),
                MOST_STANDING);
    }

    /** Of those that are parked on the way to their credit and were requested before then; the oldest first. */
    List<TransferRow> findParked(Instant requestedBy, Instant movedBy) {
        return jdbc.query(
                "SELECT * FROM transfer_view WHERE parked AND NOT called_off AND status IN ('RECEIVED', 'RESERVED')"
                        + " AND requested_at <= ? AND updated_at <= ? ORDER BY requested_at, id LIMIT ?",
                ROW,
                Timestamp.from(requestedBy),
                Timestamp.from(movedBy),
                MOST_STANDING);
    }

    /** Counts another drive of a transfer; gives how many there were since it last moved. */
    int countDrive(String id, Instant now) {
        return jdbc.queryForObject(
                "UPDATE transfer_view SET drives = CASE WHEN driven_from = updated_at THEN drives + 1 ELSE 1 END,"
                        + " driven_from = updated_at, driven_at = ? WHERE id = ? RETURNING drives",
                Integer.class,
                Timestamp.from(now),
                id);
    }
}
