package florin.account.query.projection;

import florin.account.api.AccountEntry;
import florin.account.api.TrialBalance;
import florin.money.Money;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.function.Function;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of entries. */
@Component
class EntryRows {

    private final JdbcClient database;

    EntryRows(JdbcClient database) {
        this.database = database;
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
        if (entries.isEmpty()) {
            return;
        }
        int unused = database.sql(
                        """
                        INSERT INTO entry
                            (id, account, ledger, currency, amount_minor, kind, transfer_id, reference, booked_at, position)
                        SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[],
                            ?::text[], ?::text[], ?::timestamptz[], ?::bigint[])
                        ON CONFLICT (id) DO NOTHING
                        """)
                .param(texts(entries, EntryRow::id))
                .param(texts(entries, entry -> entry.account().account()))
                .param(texts(entries, entry -> entry.account().ledger()))
                .param(texts(entries, EntryRow::currency))
                .param(entries.stream().mapToLong(EntryRow::amountMinor).toArray())
                .param(texts(entries, EntryRow::kind))
                .param(texts(entries, EntryRow::transferId))
                .param(texts(entries, EntryRow::reference))
                .param(texts(entries, entry -> entry.bookedAt().toString()))
                .param(entries.stream().mapToLong(EntryRow::position).toArray())
                .update();
    }

    private static String[] texts(List<EntryRow> entries, Function<EntryRow, String> column) {
        return entries.stream().map(column).toArray(String[]::new);
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
                        new Money(
                                row.getBigDecimal("amount").longValueExact(),
                                Money.currency(row.getString("currency")))))
                .list();
    }

    void deleteAll() {
        int unused = database.sql("DELETE FROM entry").update();
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
