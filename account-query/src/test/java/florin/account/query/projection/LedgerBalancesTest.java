package florin.account.query.projection;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.Iban;
import florin.account.api.TrialBalance;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.time.Instant;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A database of before its ledgers had balances of their own. */
class LedgerBalancesTest {

    @Test
    void balances_begin_with_the_entries_that_there_are() {
        DriverManagerDataSource dataSource =
                new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("ledger_balances"), "postgres", "postgres");
        JdbcClient database = JdbcClient.create(dataSource);
        FluentConfiguration flyway =
                Flyway.configure().dataSource(dataSource).locations("classpath:db/kit", "classpath:db/migration");
        flyway.target("2").load().migrate();
        int unused = database.sql(
                        """
                        INSERT INTO entry (id, account, ledger, currency, amount_minor, kind, booked_at, position)
                        VALUES ('1-D', 'CASH:FLNO', 'CASH:FLNO', 'EUR', -100, 'DEPOSIT', now(), 1),
                            ('1-C', 'a', 'CUSTOMERS:FLNO', 'EUR', 100, 'DEPOSIT', now(), 1),
                            ('2-D', 'b', 'CUSTOMERS:FLNO', 'EUR', -30, 'TRANSFER_OUT', now(), 1),
                            ('2-C', 'CLEARING:FLNO', 'CLEARING:FLNO', 'EUR', 30, 'TRANSFER_OUT', now(), 1)
                        """)
                .update();

        flyway.target("latest").load().migrate();

        JdbcTemplate statements = new JdbcTemplate(dataSource);
        new EntryRows(database, statements, "entry_even", "ledger_balance_even")
                .insert(List.of(new EntryRow(
                        "3-C",
                        LedgerAccount.customer(Iban.of("FLNO", 1)),
                        "EUR",
                        7,
                        "TRANSFER_IN",
                        null,
                        null,
                        Instant.EPOCH,
                        1)));
        assertThat(new EntryRows(database, statements, "entry", "ledger_balance").balances())
                .containsExactly(
                        line("CASH:FLNO", "-1.00"), line("CLEARING:FLNO", "0.30"), line("CUSTOMERS:FLNO", "0.77"));
    }

    private static TrialBalance.Line line(String ledger, String amount) {
        return new TrialBalance.Line(ledger, TrialBalance.Sum.of(Money.of(amount, "EUR")));
    }
}
