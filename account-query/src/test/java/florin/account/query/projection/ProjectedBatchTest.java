package florin.account.query.projection;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.AccountDetails;
import florin.account.api.AccountOpened;
import florin.account.api.FindAccount;
import florin.account.api.FindTrialBalance;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.TrialBalance;
import florin.account.query.RandomBank;
import florin.account.query.RandomBank.Happened;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Currency;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.eventhandling.EventHandlerInvoker;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.SubscribingEventProcessor;
import org.axonframework.messaging.deadletter.SequencedDeadLetterProcessor;
import org.axonframework.messaging.deadletter.SequencedDeadLetterQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * Batches made by the test, handed to the handlers, interceptors and dead-letter queues of the running service: what its own
 * processors would put into one batch is theirs to say.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
class ProjectedBatchTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Iban GOOD = Iban.of("BANO", 1);
    private static final Iban BAD = Iban.of("BANO", 2);
    private static final Iban BEHIND = Iban.of("BASO", 3);

    @DynamicPropertySource
    static void platform(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "projected_batch");
        registry.add("axon.axonserver.context", () -> "projected-batch");
    }

    @Autowired
    private EventProcessingConfiguration processing;

    @Autowired
    private TransactionManager transactions;

    @Autowired
    private AccountQueries queries;

    @Autowired
    private JdbcClient database;

    @Autowired
    private JdbcTemplate statements;

    private Consumer<List<? extends EventMessage<?>>> accounts;
    private Consumer<List<? extends EventMessage<?>>> entries;

    @BeforeEach
    void emptyDatabase() {
        accounts = batchesOf("accounts");
        entries = batchesOf("entries");
        deadLetters().clear();
        database.sql("TRUNCATE account_even, entry_even, ledger_balance_even").update();
    }

    @Test
    void the_events_of_a_batch_are_projected_without_the_bad_one_which_waits_with_those_behind_it() {
        accounts.accept(batch(
                opened(GOOD),
                opened(BAD),
                deposit(GOOD, 1, "10.00"),
                deposit(BAD, 1, "10.00"),
                deposit(BAD, 3, "10.00"),
                opened(BEHIND),
                deposit(BAD, 4, "10.00"),
                deposit(GOOD, 2, "5.00"),
                deposit(BEHIND, 1, "1.00")));

        assertThat(booked(GOOD)).isEqualTo(Money.of("15.00", "EUR"));
        assertThat(booked(BEHIND)).isEqualTo(Money.of("1.00", "EUR"));
        assertThat(account(BAD).position()).isEqualTo(1);
        assertThat(booked(BAD)).isEqualTo(Money.of("10.00", "EUR"));
        assertThat(deadLetters().amountOfSequences()).isEqualTo(1);
        assertThat(deadLetters().sequenceSize(BAD.value())).isEqualTo(2);

        accounts.accept(batch(deposit(BAD, 5, "10.00"), deposit(GOOD, 3, "5.00")));

        assertThat(booked(GOOD)).isEqualTo(Money.of("20.00", "EUR"));
        assertThat(account(BAD).position()).isEqualTo(1);
        assertThat(deadLetters().sequenceSize(BAD.value())).isEqualTo(3);
    }

    @Test
    void a_sum_out_of_range_in_a_batch_leaves_the_account_as_the_event_before_left_it() {
        Money most = new Money(Long.MAX_VALUE, EUR);
        accounts.accept(batch(
                opened(BAD),
                new Happened(new MoneyDeposited(BAD, "op-1", most, "salary"), 1),
                new Happened(new MoneyDeposited(BAD, "op-2", most, "salary"), 2),
                opened(GOOD)));

        assertThat(booked(BAD)).isEqualTo(most);
        assertThat(account(BAD).position()).isEqualTo(1);
        assertThat(booked(GOOD).isZero()).isTrue();
        assertThat(deadLetters().sequenceSize(BAD.value())).isEqualTo(1);
    }

    @Test
    void dead_letters_are_handled_once_what_was_missing_is_there() {
        accounts.accept(batch(opened(BAD), deposit(BAD, 2, "10.00"), deposit(BAD, 3, "1.00")));
        assertThat(deadLetters().sequenceSize(BAD.value())).isEqualTo(2);
        assertThat(deadLetterProcessor().processAny()).isFalse();
        assertThat(deadLetters().sequenceSize(BAD.value())).isEqualTo(2);
        assertThat(account(BAD).position()).isZero();

        database.sql("UPDATE account SET position = 1, booked_minor = 500 WHERE iban = ?")
                .param(BAD.value())
                .update();

        assertThat(deadLetterProcessor().processAny()).isTrue();
        assertThat(deadLetters().size()).isZero();
        assertThat(account(BAD).position()).isEqualTo(3);
        assertThat(booked(BAD)).isEqualTo(Money.of("16.00", "EUR"));
    }

    @Test
    void a_ledger_sums_to_more_than_an_account_may_hold() {
        String most = "92233720368547758.07";
        entries.accept(batch(opened(GOOD), deposit(GOOD, 1, most), opened(BAD), deposit(BAD, 1, most)));

        TrialBalance trial = queries.handle(new FindTrialBalance());

        assertThat(trial.totals()).allMatch(TrialBalance.Sum::isZero);
        assertThat(trial.lines()).anyMatch(line -> line.balance().toString().startsWith("-184467440737095516.14 EUR"));
    }

    @Test
    void the_trial_balance_does_not_read_the_entries_which_can_contradict_it() {
        entries.accept(batch(opened(GOOD), deposit(GOOD, 1, "10.00")));
        assertThat(trialBalance())
                .isEqualTo(sumsOfEntries())
                .containsExactly("CASH:BANO EUR -1000", "CUSTOMERS:BANO EUR 1000");

        database.sql("UPDATE entry SET amount_minor = 999 WHERE amount_minor = 1000")
                .update();

        assertThat(trialBalance()).containsExactly("CASH:BANO EUR -1000", "CUSTOMERS:BANO EUR 1000");
        assertThat(sumsOfEntries()).containsExactly("CASH:BANO EUR -1000", "CUSTOMERS:BANO EUR 999");
    }

    @Test
    void batches_that_are_booked_at_the_same_time_are_all_in_the_trial_balance() {
        int writers = 4;
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            List<CompletableFuture<Void>> writing = IntStream.range(0, writers)
                    .mapToObj(writer -> CompletableFuture.runAsync(() -> bookBatches(writer), threads))
                    .toList();
            writing.forEach(CompletableFuture::join);
        } finally {
            threads.shutdown();
        }

        assertThat(trialBalance()).isEqualTo(sumsOfEntries()).hasSize(4).contains("CUSTOMERS:BASO EUR 24000");
    }

    /** Thirty of ten deposits, at two branches in any order, each booked twice. */
    private void bookBatches(int writer) {
        EntryRows rows = new EntryRows(database, statements, "entry_even", "ledger_balance_even");
        Random random = new Random(writer);
        for (int batch = 0; batch < 30; batch++) {
            List<EntryRow> booked = new ArrayList<>();
            for (int number = 0; number < 10; number++) {
                Iban iban = number % 2 == 0 ? GOOD : BEHIND;
                String posting = writer + "-" + batch + "-" + number;
                booked.add(entry(posting + "-D", LedgerAccount.cash(iban), -40));
                booked.add(entry(posting + "-C", LedgerAccount.customer(iban), 40));
            }
            Collections.shuffle(booked, random);
            transactions.executeInTransaction(() -> rows.insert(booked));
            transactions.executeInTransaction(() -> rows.insert(booked));
        }
    }

    private static EntryRow entry(String id, LedgerAccount account, long amountMinor) {
        return new EntryRow(id, account, "EUR", amountMinor, "DEPOSIT", null, "salary", Instant.EPOCH, 0);
    }

    @Test
    void an_event_that_is_twice_in_a_batch_counts_once() {
        List<EventMessage<?>> twice =
                batch(opened(GOOD), opened(GOOD), deposit(GOOD, 1, "10.00"), deposit(GOOD, 1, "10.00"), opened(GOOD));
        accounts.accept(twice);
        entries.accept(twice);

        assertThat(booked(GOOD)).isEqualTo(Money.of("10.00", "EUR"));
        assertThat(account(GOOD).position()).isEqualTo(1);
        assertThat(sumOfEntries(GOOD)).isEqualTo(1_000);
        assertThat(deadLetters().size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void batches_of_any_size_some_delivered_again_end_as_the_model(long seed) {
        RandomBank bank = new RandomBank(seed, "BANO", "BASO", 8);
        Random random = new Random(seed);
        List<EventMessage<?>> before = List.of();
        for (int round = 0; round < 20; round++) {
            List<EventMessage<?>> batch = new ArrayList<>();
            if (random.nextInt(3) == 0) {
                batch.addAll(before);
            }
            List<EventMessage<?>> fresh =
                    batch(bank.events(1 + random.nextInt(60)).toArray(Happened[]::new));
            batch.addAll(fresh);
            accounts.accept(batch);
            entries.accept(batch);
            before = fresh;
            assertThat(queries.handle(new FindTrialBalance()).totals()).allMatch(TrialBalance.Sum::isZero);
            assertThat(trialBalance()).isEqualTo(sumsOfEntries());
        }

        assertThat(deadLetters().size()).isZero();
        for (RandomBank.Account expected : bank.accounts()) {
            AccountDetails actual = account(expected.iban);
            assertThat(actual.booked()).isEqualTo(new Money(expected.booked, expected.currency));
            assertThat(actual.reserved()).isEqualTo(new Money(expected.reserved, expected.currency));
            assertThat(actual.position()).isEqualTo(expected.position);
            assertThat(sumOfEntries(expected.iban)).isEqualTo(expected.booked);
        }
    }

    /** Handles a list of events in one unit of work, as the processor of that name would. */
    private Consumer<List<? extends EventMessage<?>>> batchesOf(String name) {
        AtomicReference<Consumer<List<? extends EventMessage<?>>>> handing = new AtomicReference<>();
        SubscribingEventProcessor processor = SubscribingEventProcessor.builder()
                .name(name)
                .eventHandlerInvoker((EventHandlerInvoker)
                        processing.sequencedDeadLetterProcessor(name).orElseThrow())
                .transactionManager(transactions)
                .messageSource(handler -> {
                    handing.set(handler);
                    return () -> true;
                })
                .build();
        processing.interceptorsFor(name).forEach(processor::registerHandlerInterceptor);
        processor.start();
        return handing.get();
    }

    private SequencedDeadLetterQueue<EventMessage<?>> deadLetters() {
        return processing.deadLetterQueue("accounts").orElseThrow();
    }

    private SequencedDeadLetterProcessor<EventMessage<?>> deadLetterProcessor() {
        return processing.sequencedDeadLetterProcessor("accounts").orElseThrow();
    }

    private AccountDetails account(Iban iban) {
        return queries.handle(new FindAccount(iban)).orElseThrow();
    }

    private Money booked(Iban iban) {
        return account(iban).booked();
    }

    private long sumOfEntries(Iban iban) {
        return database.sql("SELECT coalesce(sum(amount_minor), 0)::bigint FROM entry WHERE account = ?")
                .param(iban.value())
                .query(Long.class)
                .single();
    }

    private List<String> trialBalance() {
        return queries.handle(new FindTrialBalance()).lines().stream()
                .map(line -> line.account() + " " + line.balance().currency() + " "
                        + line.balance().minorUnits().toPlainString())
                .toList();
    }

    private List<String> sumsOfEntries() {
        return database.sql(
                        """
                        SELECT ledger || ' ' || currency || ' ' || sum(amount_minor)
                        FROM entry GROUP BY ledger, currency ORDER BY ledger, currency
                        """)
                .query(String.class)
                .list();
    }

    private static Happened opened(Iban iban) {
        return new Happened(new AccountOpened(iban, "alice", EUR, Money.zero(EUR)), 0);
    }

    private static Happened deposit(Iban iban, long position, String amount) {
        return new Happened(new MoneyDeposited(iban, "op-" + position, Money.of(amount, "EUR"), "salary"), position);
    }

    private static List<EventMessage<?>> batch(Happened... events) {
        return Arrays.stream(events)
                .<EventMessage<?>>map(happened -> new GenericDomainEventMessage<>(
                        "Account", happened.event().iban().value(), happened.position(), happened.event()))
                .toList();
    }
}
