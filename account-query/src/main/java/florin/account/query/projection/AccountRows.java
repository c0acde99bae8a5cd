package florin.account.query.projection;

import florin.account.api.AccountStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of accounts. */
@Component
class AccountRows {

    private final JdbcClient database;

    AccountRows(JdbcClient database) {
        this.database = database;
    }

    Optional<AccountRow> find(String iban) {
        return database.sql("SELECT * FROM account WHERE iban = ?")
                .param(iban)
                .query(AccountRows::row)
                .optional();
    }

    /** Those of the accounts that there are. */
    List<AccountRow> find(Collection<String> ibans) {
        return database.sql("SELECT * FROM account WHERE iban = ANY (?)")
                .param(ibans.toArray(String[]::new))
                .query(AccountRows::row)
                .list();
    }

    List<AccountRow> findTop100ByOwner(String owner) {
        return database.sql("SELECT * FROM account WHERE owner = ? ORDER BY iban LIMIT 100")
                .param(owner)
                .query(AccountRows::row)
                .list();
    }

    /** Writes new and changed accounts by one statement; never sets one back. */
    void write(Collection<AccountRow> rows) {
        int unused = database.sql(
                        """
                        INSERT INTO account
                            (iban, owner, currency, booked_minor, reserved_minor, overdraft_minor, status, position)
                        SELECT * FROM unnest(?::text[], ?::text[], ?::text[],
                            ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[])
                        ON CONFLICT (iban) DO UPDATE SET
                            booked_minor = excluded.booked_minor,
                            reserved_minor = excluded.reserved_minor,
                            status = excluded.status,
                            position = excluded.position
                        WHERE account.position < excluded.position
                        """)
                .param(rows.stream().map(AccountRow::iban).toArray(String[]::new))
                .param(rows.stream().map(AccountRow::owner).toArray(String[]::new))
                .param(rows.stream().map(AccountRow::currency).toArray(String[]::new))
                .param(rows.stream().mapToLong(AccountRow::bookedMinor).toArray())
                .param(rows.stream().mapToLong(AccountRow::reservedMinor).toArray())
                .param(rows.stream().mapToLong(AccountRow::overdraftMinor).toArray())
                .param(rows.stream().map(row -> row.status().name()).toArray(String[]::new))
                .param(rows.stream().mapToLong(AccountRow::position).toArray())
                .update();
    }

    void deleteAll() {
        int unused = database.sql("DELETE FROM account").update();
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
