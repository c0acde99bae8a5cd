package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.query.RandomBank.Happened;
import florin.account.query.control.DeadLetters;
import florin.account.query.control.DeadLetters.DeadLetter;
import florin.account.query.control.ProjectionStatus;
import florin.account.query.control.Projections;
import florin.account.query.control.Replays;
import florin.account.query.projection.Half;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What is read, while the next generation of it is built. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
class GenerationsTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @DynamicPropertySource
    static void platform(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "generations");
        registry.add("axon.axonserver.context", () -> "generations");
    }

    @Autowired
    private EventStore eventStore;

    @Autowired
    private JdbcClient database;

    @Autowired
    private DataSource dataSource;

    @Autowired
    private Projections projections;

    @Autowired
    private Replays replays;

    @Autowired
    private DeadLetters deadLetters;

    @BeforeEach
    void awaitNothingLeft() {
        awaitOtherHalf("accounts", "EMPTY");
        awaitOtherHalf("entries", "EMPTY");
        awaitCaughtUp();
    }

    @Test
    void what_is_read_is_whole_and_goes_on_and_never_back_while_generations_follow_each_other() {
        RandomBank bank = new RandomBank(1, "GNNO", "GNSO", 12);
        bank.events(1_000).forEach(this::publish);
        awaitCaughtUp();
        List<String> entriesBefore = entries();
        long accountsGeneration = status("accounts").generation();
        long entriesGeneration = status("entries").generation();

        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService others = Executors.newFixedThreadPool(3);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(
                () -> {
                    while (!stop.get()) {
                        bank.events(5).forEach(this::publish);
                    }
                },
                others);
        CompletableFuture<Integer> readingAccounts = CompletableFuture.supplyAsync(() -> readAccounts(stop), others);
        CompletableFuture<Integer> readingEntries =
                CompletableFuture.supplyAsync(() -> readEntries(stop, entriesBefore.size()), others);
        try {
            for (int replay = 1; replay <= 3; replay++) {
                replays.begin("accounts");
                replays.begin("entries");
                awaitGeneration("accounts", accountsGeneration + replay);
                awaitGeneration("entries", entriesGeneration + replay);
            }
        } finally {
            stop.set(true);
            others.shutdown();
        }

        writing.join();
        assertThat(readingAccounts.join()).isPositive();
        assertThat(readingEntries.join()).isPositive();
        awaitCaughtUp();
        for (RandomBank.Account expected : bank.accounts()) {
            assertThat(database.sql("SELECT concat_ws(' ', booked_minor, reserved_minor, position) FROM account"
                                    + " WHERE iban = ?")
                            .param(expected.iban.value())
                            .query(String.class)
                            .single())
                    .isEqualTo(expected.booked + " " + expected.reserved + " " + expected.position);
        }
        assertThat(entries()).containsAll(entriesBefore);
        assertThat(sums("SELECT ledger, currency, sum(amount_minor) FROM ledger_balance GROUP BY 1, 2 ORDER BY 1, 2"))
                .isEqualTo(sums("SELECT ledger, currency, sum(amount_minor) FROM entry GROUP BY 1, 2 ORDER BY 1, 2"));
    }

    /** Each account is there once it was there, and has seen what it had seen; returns how often they were read. */
    private int readAccounts(AtomicBoolean stop) {
        Map<String, Long> seen = new HashMap<>();
        int read = 0;
        while (!stop.get()) {
            Map<String, Long> now = new HashMap<>();
            database.sql("SELECT iban, position FROM account")
                    .query((row, number) -> now.put(row.getString(1), row.getLong(2)))
                    .list();
            seen.forEach((iban, position) ->
                    assertThat(now.getOrDefault(iban, -1L)).as(iban).isGreaterThanOrEqualTo(position));
            seen.putAll(now);
            read++;
        }
        return read;
    }

    /** No entry vanishes, they are those of the balances, and their sum is zero. */
    private int readEntries(AtomicBoolean stop, int before) {
        long seen = before;
        int read = 0;
        while (!stop.get()) {
            List<Long> now = database.sql(
                            """
                            SELECT count(*), sum(amount_minor), (SELECT sum(abs(part.amount)) FROM (
                                SELECT ledger, currency, sum(amount_minor) AS amount FROM entry GROUP BY 1, 2
                                EXCEPT SELECT ledger, currency, sum(amount_minor) FROM ledger_balance GROUP BY 1, 2
                            ) AS part) FROM entry
                            """)
                    .query((row, number) -> List.of(row.getLong(1), row.getLong(2), row.getLong(3)))
                    .single();
            assertThat(now.get(0)).isGreaterThanOrEqualTo(seen);
            assertThat(now.subList(1, 3)).containsExactly(0L, 0L);
            seen = now.get(0);
            read++;
        }
        return read;
    }

    @Test
    void while_one_is_built_the_one_that_is_read_goes_on_another_is_refused_and_it_can_be_given_up() throws Exception {
        Iban iban = Iban.of("GNCA", 1);
        publish(opened(iban));
        awaitPosition(iban, 0);
        long generation = status("accounts").generation();
        assertThat(status("accounts").building()).isNull();

        try (Connection other = lockOtherHalf(generation)) {
            replays.begin("accounts");
            publish(deposit(iban, 1));
            awaitPosition(iban, 1);
            ProjectionStatus status = status("accounts");
            assertThat(status.replaying()).isTrue();
            assertThat(status.generation()).isEqualTo(generation);
            assertThat(status.building().generation()).isEqualTo(generation + 1);
            assertThat(status.building().lag()).isPositive();
            assertThat(status("entries").replaying()).isFalse();
            assertProblem(ProblemType.REPLAY_RUNNING, () -> replays.begin("accounts"));

            replays.cancel("accounts");
            assertThat(status("accounts").replaying()).isFalse();
            assertProblem(ProblemType.REPLAY_NOT_RUNNING, () -> replays.cancel("accounts"));
            other.rollback();
        }

        awaitOtherHalf("accounts", "EMPTY");
        assertThat(database.sql("SELECT count(*) FROM "
                                + Half.of(generation + 1).table("account"))
                        .query(Long.class)
                        .single())
                .isZero();
        publish(deposit(iban, 2));
        awaitPosition(iban, 2);
        assertThat(status("accounts").generation()).isEqualTo(generation);

        replays.begin("accounts");
        awaitGeneration("accounts", generation + 1);
        awaitPosition(iban, 2);
    }

    @Test
    void one_in_which_an_account_waits_that_goes_on_in_the_one_that_is_read_is_not_read_until_that_is_mended() {
        Iban iban = Iban.of("GNDL", 1);
        publish(opened(iban));
        publish(deposit(iban, 1));
        awaitPosition(iban, 1);
        long generation = status("accounts").generation();
        long before = status("accounts").deadLetters();
        setPosition(Half.of(generation + 1).table("account"), iban, -2);

        replays.begin("accounts");
        await().atMost(PATIENCE).until(() -> status("accounts").building().deadLetters() == before + 1);
        publish(deposit(iban, 2));
        awaitPosition(iban, 2);
        await().atMost(PATIENCE).until(() -> status("accounts").building().deadLetters() == before + 2);
        assertThat(status("accounts").deadLetters()).isEqualTo(before);
        List<DeadLetter> letters = deadLetters.list("accounts").stream()
                .filter(letter -> letter.account().equals(iban.value()))
                .toList();
        assertThat(letters).extracting(DeadLetter::position).containsExactly(1L, 2L);
        assertThat(letters).extracting(DeadLetter::generation).containsOnly(generation + 1);
        assertThat(deadLetters.retry("accounts").mended()).isZero();
        assertThat(status("accounts").generation()).isEqualTo(generation);

        setPosition(Half.of(generation + 1).table("account"), iban, 0);
        assertThat(deadLetters.retry("accounts").mended()).isOne();
        awaitGeneration("accounts", generation + 1);
        awaitPosition(iban, 2);
    }

    @Test
    void an_account_that_waits_in_both_does_not_hold_up_the_next_generation() {
        long generation = status("accounts").generation();
        publish(deposit(Iban.of("GNDL", 2), 0));
        await().atMost(PATIENCE).until(() -> status("accounts").deadLetters() == 1);

        replays.begin("accounts");
        awaitGeneration("accounts", generation + 1);
        assertThat(status("accounts").deadLetters()).isOne();
    }

    @Test
    void no_other_is_begun_before_every_instance_has_let_go_of_one_that_was_given_up() throws Exception {
        Iban iban = Iban.of("GNLG", 1);
        publish(opened(iban));
        publish(deposit(iban, 1));
        awaitPosition(iban, 1);
        long generation = status("accounts").generation();
        long before = status("accounts").deadLetters();
        String processor = Half.of(generation + 1).processor("accounts");
        setPosition(Half.of(generation + 1).table("account"), iban, -2);
        replays.begin("accounts");
        await().atMost(PATIENCE).until(() -> status("accounts").building().deadLetters() == before + 1);
        claim(processor, "another instance", Instant.now().plus(Duration.ofDays(1)));
        replays.cancel("accounts");

        assertProblem(ProblemType.PROJECTION_UNAVAILABLE, () -> replays.begin("accounts"));
        claim(processor, null, Instant.now());
        replays.begin("accounts");
        awaitGeneration("accounts", generation + 1);
    }

    private void claim(String processor, String owner, Instant at) {
        assertThat(database.sql("UPDATE token_entry SET owner = ?, timestamp = ? WHERE processor_name = ?")
                        .params(owner, at.toString(), processor)
                        .update())
                .isEqualTo(2);
    }

    /** Nothing can be written into it until its transaction ends. */
    private Connection lockOtherHalf(long generation) throws SQLException {
        Connection other = dataSource.getConnection();
        other.setAutoCommit(false);
        try (Statement statement = other.createStatement()) {
            statement.execute("LOCK TABLE " + Half.of(generation + 1).table("account") + " IN SHARE MODE");
        }
        return other;
    }

    private void setPosition(String table, Iban iban, long position) {
        int unused = database.sql("INSERT INTO " + table + " VALUES (?, 'alice', 'EUR', 0, 0, 0, 'OPEN', ?)"
                        + " ON CONFLICT (iban) DO UPDATE SET position = excluded.position")
                .params(iban.value(), position)
                .update();
    }

    private void assertProblem(ProblemType type, Runnable asked) {
        assertThatThrownBy(asked::run)
                .isInstanceOfSatisfying(ProblemException.class, problem -> assertThat(problem.type())
                        .isEqualTo(type));
    }

    private void awaitPosition(Iban iban, long position) {
        await().atMost(PATIENCE).until(() -> database.sql("SELECT position FROM account WHERE iban = ?")
                .param(iban.value())
                .query(Long.class)
                .optional()
                .filter(found -> found == position)
                .isPresent());
    }

    private void awaitGeneration(String name, long generation) {
        await().atMost(PATIENCE).until(() -> status(name).generation() == generation);
    }

    private void awaitOtherHalf(String name, String holds) {
        await().atMost(PATIENCE).until(() -> database.sql("SELECT other_half FROM projection WHERE name = ?")
                .param(name)
                .query(String.class)
                .single()
                .equals(holds));
    }

    private void awaitCaughtUp() {
        await().atMost(PATIENCE)
                .until(() -> projections.status().stream().allMatch(projection -> projection.lag() == 0));
    }

    private ProjectionStatus status(String name) {
        return projections.status().stream()
                .filter(projection -> projection.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<String> entries() {
        return database.sql("SELECT row_to_json(entry)::text FROM entry ORDER BY id")
                .query(String.class)
                .list();
    }

    private List<List<Object>> sums(String statement) {
        return new ArrayList<>(database.sql(statement)
                .query((row, number) -> List.of(row.getObject(1), row.getObject(2), row.getObject(3)))
                .list());
    }

    private static Happened opened(Iban iban) {
        return new Happened(new AccountOpened(iban, "alice", EUR, Money.zero(EUR)), 0);
    }

    private static Happened deposit(Iban iban, long position) {
        return new Happened(new MoneyDeposited(iban, "op-" + position, Money.of("10.00", "EUR"), "salary"), position);
    }

    private void publish(Happened happened) {
        AccountEvent event = happened.event();
        eventStore.publish(
                new GenericDomainEventMessage<>("Account", event.iban().value(), happened.position(), event));
    }
}
