package florin.account.query.projection;

import static org.assertj.core.api.Assertions.assertThat;

import florin.kit.TestPlatform;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** A database of before, in which one owner has very many accounts. */
class AccountPagesTest {

    @Test
    void a_page_costs_what_it_shows_however_many_accounts_its_owner_has() {
        SingleConnectionDataSource dataSource = new SingleConnectionDataSource(
                TestPlatform.freshDatabaseUrl("account_pages"), "postgres", "postgres", true);
        JdbcClient database = JdbcClient.create(dataSource);
        FluentConfiguration flyway =
                Flyway.configure().dataSource(dataSource).locations("classpath:db/kit", "classpath:db/migration");
        flyway.target("3").load().migrate();
        int unused = database.sql(
                        """
                        INSERT INTO account
                            (iban, owner, currency, booked_minor, reserved_minor, overdraft_minor, status, position)
                        SELECT 'NL' || lpad(number::text, 6, '0'),
                            CASE WHEN number % 2 = 0 THEN 'company' ELSE 'customer ' || number END, 'EUR', 0, 0, 0,
                            CASE WHEN number % 10000 = 0 THEN 'CLOSED' ELSE 'OPEN' END, 0
                        FROM generate_series(1, 100000) AS number
                        """)
                .update();

        flyway.target("latest").load().migrate();
        int unusedToo = database.sql("ANALYZE account_even").update();

        AccountRows rows = new AccountRows(database, new JdbcTemplate(dataSource), "account");
        assertThat(rows.find("company", "CLOSED", "NL020000", 2))
                .extracting(AccountRow::iban)
                .containsExactly("NL030000", "NL040000");
        assertThat(rows.find("company", null, "NL029998", 2))
                .extracting(AccountRow::iban)
                .containsExactly("NL030000", "NL030002");
        assertThat(plan(database, AccountRows.PAGE)).contains("Index Scan using account_owner on account_even");
        assertThat(plan(database, AccountRows.PAGE_OF_STATUS))
                .contains("Index Scan using account_owner_status on account_even");
    }

    /** As the service has it planned: once, whatever it is asked for. */
    private static String plan(JdbcClient database, String page) {
        List<String> statements = List.of(
                "SET plan_cache_mode = force_generic_plan",
                "SET enable_seqscan = off",
                "DEALLOCATE ALL",
                "PREPARE page (varchar, varchar, bigint, varchar) AS "
                        + page.formatted("account")
                                .replace(":owner", "$1")
                                .replace(":behind", "$2")
                                .replace(":limit", "$3")
                                .replace(":status", "$4"));
        statements.forEach(statement -> {
            int unused = database.sql(statement).update();
        });
        String plan = String.join(
                "\n",
                database.sql("EXPLAIN EXECUTE page('company', '', 51, 'CLOSED')")
                        .query(String.class)
                        .list());
        assertThat(plan).doesNotContain("Filter", "Sort");
        return plan;
    }
}
