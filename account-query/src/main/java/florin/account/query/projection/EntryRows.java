package florin.account.query.projection;

import florin.account.api.AccountEntry;
import florin.account.api.TrialBalance;
import florin.kit.Columns;
import florin.money.Money;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rows of entries, and what they sum to, in the tables or views that are named. */
public class EntryRows {

    private static final int LONGEST_REFERENCE = 140;

    /** What lies behind a position in an account's entries. */
    public record Place(String account, long position) {}

    private final JdbcClient database;
    private final JdbcTemplate statements;
    private final String entries;
    private final String balances;

    EntryRows(JdbcClient database, JdbcTemplate statements, String entries, String balances) {
        this.database = database;
        this.statements = statements;
        this.entries = entries;
        this.balances = balances;
    }

    /** The first entries of an account behind a position. */
    List<AccountEntry> find(String account, long behind, int limit) {
        return database.sql("SELECT * FROM %s WHERE account = ? AND position > ? ORDER BY position LIMIT ?"
                        .formatted(entries))
                .param(account)
                .param(behind)
                .param(limit)
                .query(EntryRows::entry)
                .list();
    }

    /** The first entries behind each of these places, in their order. */
    public List<List<AccountEntry>> find(List<Place> places, int limit) {
        List<List<AccountEntry>> found = new ArrayList<>();
        places.forEach(place -> found.add(new ArrayList<>()));
        database.sql(
                        """
                        SELECT place.number, behind.*
                        FROM unnest(?, ?) WITH ORDINALITY AS place (account, position, number)
                        CROSS JOIN LATERAL (
                            SELECT * FROM %s AS entry
                            WHERE entry.account = place.account AND entry.position > place.position
                            ORDER BY entry.position LIMIT ?
                        ) AS behind
                        ORDER BY place.number, behind.position
                        """
                                .formatted(entries))
                .param(places.stream().map(Place::account).toArray(String[]::new))
                .param(places.stream().map(Place::position).toArray(Long[]::new))
                .param(limit)
                .query((ResultSet row) -> {
                    found.get(row.getInt("number") - 1).add(entry(row, 0));
                });
        return found;
    }

    /** The position of an account's last entry, if it has one. */
    public OptionalLong lastPosition(String account) {
        return database
                .sql("SELECT position FROM %s WHERE account = ? ORDER BY position DESC LIMIT 1".formatted(entries))
                .param(account)
                .query(Long.class)
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /**
     * Books both sides of each posting, and adds them to their ledgers' balances, by one statement; a posting booked before is
     * left as it is and not added again. Balances are locked in one order, so that batches wait for, but never block, each
     * other.
     */
    void insert(List<EntryRow> booked) {
        int unused = Columns.of(booked)
                .text(EntryRow::id)
                .text(entry -> entry.account().account())
                .text(entry -> entry.account().ledger())
                .text(EntryRow::currency)
                .bigint(EntryRow::amountMinor)
                .text(EntryRow::kind)
                .text(EntryRow::transferId)
                .text(EntryRow::reference, LONGEST_REFERENCE)
                .timestamp(EntryRow::bookedAt)
                .bigint(EntryRow::position)
                .update(
                        statements,
                        """
                        WITH booked AS (
                            INSERT INTO %s
                                (id, account, ledger, currency, amount_minor, kind, transfer_id, reference, booked_at, position)
                            SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                            ON CONFLICT (id) DO NOTHING
                            RETURNING ledger, currency, amount_minor
                        )
                        INSERT INTO %s AS kept (ledger, currency, part, amount_minor)
                        SELECT ledger, currency, pg_backend_pid() %% 8, sum(amount_minor)
                        FROM booked GROUP BY ledger, currency ORDER BY ledger, currency
                        ON CONFLICT (ledger, currency, part) DO UPDATE SET
                            amount_minor = kept.amount_minor + excluded.amount_minor
                        """
                                .formatted(entries, balances));
    }

    /** All ledgers' balances in one statement, thus of one instant. */
    List<TrialBalance.Line> balances() {
        return database.sql(
                        """
                        SELECT ledger, currency, sum(amount_minor) AS amount
                        FROM %s GROUP BY ledger, currency ORDER BY ledger, currency
                        """
                                .formatted(balances))
                .query((row, number) -> new TrialBalance.Line(
                        row.getString("ledger"),
                        TrialBalance.Sum.ofMinorUnits(
                                row.getBigDecimal("amount"), Money.currency(row.getString("currency")))))
                .list();
    }

    private static AccountEntry entry(ResultSet row, int number) throws SQLException {
        return new AccountEntry(
                row.getString("id"),
                row.getString("account"),
                new Money(row.getLong("amount_minor"), Money.currency(row.getString("currency"))),
                row.getString("kind"),
                row.getString("transfer_id"),
                row.getString("reference"),
                row.getObject("booked_at", OffsetDateTime.class).toInstant(),
                row.getLong("position"));
    }
}
