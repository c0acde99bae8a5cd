package florin.account.query.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.account.api.AccountDetails;
import florin.account.api.AccountOpened;
import florin.account.api.FindAccount;
import florin.account.api.FindTrialBalance;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.RefusalReason;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TrialBalance;
import florin.account.query.RandomBank;
import florin.account.query.RandomBank.Happened;
import florin.kit.TestPlatform;
import florin.money.Money;
import florin.money.MoneyException;
import florin.transfer.api.TransferId;
import java.time.Instant;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.axonframework.eventhandling.AnnotationEventHandlerAdapter;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.messaging.ResultMessage;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;
import org.axonframework.spring.messaging.unitofwork.SpringTransactionManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.transaction.PlatformTransactionManager;

/** Random histories of two branches, projected into a real database and compared with a plain model. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE)
class MoneyRulesTest {

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        DataSourceAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        JdbcTemplateAutoConfiguration.class,
        JdbcClientAutoConfiguration.class,
        FlywayAutoConfiguration.class,
        TransactionAutoConfiguration.class
    })
    @Import(ReadModels.class)
    static class DatabaseOnly {}

    @DynamicPropertySource
    static void database(DynamicPropertyRegistry registry) {
        String url = TestPlatform.freshDatabaseUrl("money_rules");
        registry.add("spring.datasource.url", () -> url);
        registry.add("spring.datasource.username", () -> "postgres");
        registry.add("spring.datasource.password", () -> "postgres");
    }

    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
    private static final Currency EUR = Currency.getInstance("EUR");

    @Autowired
    private AccountsProjection evenAccounts;

    @Autowired
    private EntriesProjection evenEntries;

    @Autowired
    private AccountQueries queries;

    @Autowired
    private JdbcClient database;

    @Autowired
    private PlatformTransactionManager transactions;

    @BeforeEach
    void emptyDatabase() {
        database.sql("TRUNCATE account_even, entry_even, ledger_balance_even").update();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void sums_are_zero_and_balances_are_those_of_the_model_after_every_event_also_when_delivered_twice(long seed) {
        RandomBank bank = new RandomBank(seed, "FLNO", "FLSO", 8);
        Random random = new Random(seed);
        for (int round = 0; round < 12; round++) {
            for (Happened happened : bank.events(10)) {
                project(happened);
                if (random.nextInt(4) == 0) {
                    project(happened);
                }
                assertThat(queries.handle(new FindTrialBalance()).totals()).allMatch(TrialBalance.Sum::isZero);
            }
            compare(bank);
        }
    }

    private void compare(RandomBank bank) {
        TrialBalance trial = queries.handle(new FindTrialBalance());
        Map<String, Long> clearing = new HashMap<>(Map.of("EUR", 0L, "JPY", 0L));
        trial.lines().stream()
                .filter(line -> line.account().startsWith("CLEARING:"))
                .forEach(line -> clearing.merge(
                        line.balance().currency().getCurrencyCode(),
                        -line.balance().minorUnits().longValueExact(),
                        Long::sum));
        assertThat(clearing).isEqualTo(bank.inFlight());
        for (RandomBank.Account expected : bank.accounts()) {
            AccountDetails actual =
                    queries.handle(new FindAccount(expected.iban)).orElseThrow();
            assertThat(actual.booked()).isEqualTo(new Money(expected.booked, expected.currency));
            assertThat(actual.reserved()).isEqualTo(new Money(expected.reserved, expected.currency));
            assertThat(actual.available()).isEqualTo(new Money(expected.booked - expected.reserved, expected.currency));
            assertThat(actual.position()).isEqualTo(expected.position);
            assertThat(sumOfEntries(expected.iban)).isEqualTo(expected.booked);
        }
    }

    private long sumOfEntries(Iban iban) {
        return database.sql("SELECT coalesce(sum(amount_minor), 0)::bigint FROM entry WHERE account = ?")
                .param(iban.value())
                .query(Long.class)
                .single();
    }

    @Test
    void a_missing_event_is_refused_and_changes_nothing() {
        Iban iban = Iban.of("FLNO", 99);
        project(new Happened(new AccountOpened(iban, "alice", EUR, Money.zero(EUR)), 0));
        Happened tooEarly = new Happened(new MoneyDeposited(iban, "op", Money.of("1.00", "EUR"), "salary"), 2);

        assertThatThrownBy(() -> project(tooEarly)).hasStackTraceContaining("one is missing");

        AccountDetails unchanged = queries.handle(new FindAccount(iban)).orElseThrow();
        assertThat(unchanged.position()).isZero();
        assertThat(unchanged.booked().isZero()).isTrue();
    }

    @Test
    void money_on_an_account_that_was_never_opened_is_refused_and_a_refusal_there_is_ignored() {
        Iban iban = Iban.of("FLNO", 98);

        project(new Happened(new TransferCreditRejected(iban, new TransferId("TRF-1"), RefusalReason.AC01), 0));
        assertThat(queries.handle(new FindAccount(iban))).isEmpty();

        Happened deposit = new Happened(new MoneyDeposited(iban, "op", Money.of("1.00", "EUR"), "salary"), 1);
        assertThatThrownBy(() -> project(deposit)).hasStackTraceContaining("never opened");
    }

    @Test
    void a_sum_out_of_range_is_refused_and_leaves_the_row_as_it_was() {
        Iban iban = Iban.of("FLNO", 97);
        Money most = new Money(Long.MAX_VALUE, EUR);
        project(new Happened(new AccountOpened(iban, "alice", EUR, Money.zero(EUR)), 0));
        project(new Happened(new MoneyDeposited(iban, "op-1", most, "salary"), 1));

        Happened beyond = new Happened(new MoneyDeposited(iban, "op-2", most, "salary"), 2);
        assertThatThrownBy(() -> project(beyond)).hasRootCauseInstanceOf(MoneyException.class);

        assertThat(queries.handle(new FindAccount(iban)).orElseThrow().booked()).isEqualTo(most);
    }

    /** As the processors do: handler by annotation, one unit of work in one transaction. */
    private void project(Happened happened) {
        GenericDomainEventMessage<Object> message = new GenericDomainEventMessage<>(
                "Account",
                happened.event().iban().value(),
                happened.position(),
                new GenericDomainEventMessage<>(
                        "Account",
                        happened.event().iban().value(),
                        happened.position(),
                        happened.event(),
                        MetaData.emptyInstance()),
                () -> NOON);
        for (Object projection : List.of(evenAccounts, evenEntries)) {
            UnitOfWork<?> unitOfWork = DefaultUnitOfWork.startAndGet(message);
            unitOfWork.attachTransaction(new SpringTransactionManager(transactions));
            ResultMessage<?> result =
                    unitOfWork.executeWithResult(() -> new AnnotationEventHandlerAdapter(projection).handle(message));
            if (result.isExceptional()) {
                throw new IllegalStateException(result.exceptionResult());
            }
        }
    }
}
