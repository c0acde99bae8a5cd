package florin.account.query.projection;

import florin.account.api.AccountStatus;
import florin.kit.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rows of accounts, in the table or view that is named. */
class AccountRows {

    static final String PAGE = "SELECT * FROM %s WHERE owner = :owner AND iban > :behind ORDER BY iban LIMIT :limit";
    static final String PAGE_OF_STATUS = "SELECT * FROM %s WHERE owner = :owner AND status = :status AND iban > :behind"
            + " ORDER BY iban LIMIT :limit";

    private static final int LONGEST_OWNER = 140;

    private final JdbcClient database;
    private final JdbcTemplate statements;
    private final String table;

    AccountRows(JdbcClient database, JdbcTemplate statements, String table) {
        this.database = database;
        this.statements = statements;
        this.table = table;
    }

    Optional<AccountRow> find(String iban) {
        return database.sql("SELECT * FROM %s WHERE iban = ?".formatted(table))
                .param(iban)
                .query(AccountRows::row)
                .optional();
    }

    /** Those of the accounts that there are. */
    List<AccountRow> find(Collection<String> ibans) {
        return database.sql("SELECT * FROM %s WHERE iban = ANY (?)".formatted(table))
                .param(ibans.toArray(String[]::new))
                .query(AccountRows::row)
                .list();
    }

    /** The first accounts of an owner behind an IBAN or an empty text; {@code status} is null for any. */
    List<AccountRow> find(String owner, String status, String behind, int limit) {
        return database.sql((status == null ? PAGE : PAGE_OF_STATUS).formatted(table))
                .param("owner", owner)
                .param("status", status)
                .param("behind", behind)
                .param("limit", limit)
                .query(AccountRows::row)
                .list();
    }

    /** Writes new and changed accounts by one statement; never sets one back. */
    void write(Collection<AccountRow> rows) {
        int unused = Columns.of(rows)
                .text(AccountRow::iban)
                .text(AccountRow::owner, LONGEST_OWNER)
                .text(AccountRow::currency)
                .bigint(AccountRow::bookedMinor)
                .bigint(AccountRow::reservedMinor)
                .bigint(AccountRow::overdraftMinor)
                .text(row -> row.status().name())
                .bigint(AccountRow::position)
                .update(
                        statements,
                        """
                        INSERT INTO %s AS kept
                            (iban, owner, currency, booked_minor, reserved_minor, overdraft_minor, status, position)
                        SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (iban) DO UPDATE SET
                            booked_minor = excluded.booked_minor,
                            reserved_minor = excluded.reserved_minor,
                            status = excluded.status,
                            position = excluded.position
                        WHERE kept.position < excluded.position
                        """
                                .formatted(table));
    }

    private static AccountRow row(ResultSet row, int number) throws SQLException {
        return new AccountRow(
                row.getString("iban"),
                row.getString("owner"),
                row.getString("currency"),
                row.getLong("booked_minor"),
                row.getLong("reserved_minor"),
                row.getLong("overdraft_minor"),
                AccountStatus.valueOf(row.getString("status")),
                row.getLong("position"));
    }
}
