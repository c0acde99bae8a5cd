package florin.account.query.projection;

import florin.account.api.AccountEntry;
import florin.account.api.TrialBalance;
import florin.kit.Columns;
import florin.money.Money;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of entries. */
@Component
class EntryRows {

    private final JdbcClient database;
    private final JdbcTemplate statements;

    EntryRows(JdbcClient database, JdbcTemplate statements) {
        this.database = database;
        this.statements = statements;
    }

    /** The first entries of an account behind a position. */
    List<AccountEntry> find(String account, long behind, int limit) {
        return database.sql("SELECT * FROM entry WHERE account = ? AND position > ? ORDER BY position LIMIT ?")
                .param(account)
                .param(behind)
                .param(limit)
                .query(EntryRows::entry)
                .list();
    }

    /** Books both sides of each posting by one statement; a posting booked before is left as it is. */
    void insert(List<EntryRow> entries) {
        int unused = Columns.of(entries)
                .text(EntryRow::id)
                .text(entry -> entry.account().account())
                .text(entry -> entry.account().ledger())
                .text(EntryRow::currency)
                .bigint(EntryRow::amountMinor)
                .text(EntryRow::kind)
                .text(EntryRow::transferId)
                .text(EntryRow::reference)
                .timestamp(EntryRow::bookedAt)
                .bigint(EntryRow::position)
                .update(
                        statements,
                        """
                        INSERT INTO entry
                            (id, account, ledger, currency, amount_minor, kind, transfer_id, reference, booked_at, position)
                        SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (id) DO NOTHING
                        """);
    }

    /** All sums in one statement, thus of one instant. */
    List<TrialBalance.Line> sums() {
        return database.sql(
                        """
                        SELECT ledger, currency, sum(amount_minor) AS amount
                        FROM entry GROUP BY ledger, currency ORDER BY ledger, currency
                        """)
                .query((row, number) -> new TrialBalance.Line(
                        row.getString("ledger"),
                        TrialBalance.Sum.ofMinorUnits(
                                row.getBigDecimal("amount"), Money.currency(row.getString("currency")))))
                .list();
    }

    /** At once, however many there are; whoever reads them waits until the transaction ends. */
    void deleteAll() {
        int unused = database.sql("TRUNCATE entry").update();
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
