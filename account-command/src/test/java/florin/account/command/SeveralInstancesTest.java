package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountBalance;
import florin.account.api.DepositMoney;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.WithdrawMoney;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two processes of one branch that both keep an account in memory, as when the account's commands move from one to the other:
 * each answers by what the other has done.
 */
class SeveralInstancesTest {

    private static final String BRANCH = "FLWE";
    private static final AtomicLong ACCOUNTS = new AtomicLong();

    private static String database;
    private static BranchProcess first;
    private static BranchProcess second;

    private final Iban iban = Iban.of(BRANCH, ACCOUNTS.incrementAndGet());

    @BeforeAll
    static void start() {
        database = TestPlatform.freshDatabaseUrl("account_flwe");
        first = new BranchProcess(BRANCH, database);
        second = new BranchProcess(BRANCH, database);
    }

    @AfterAll
    static void stop() {
        first.close();
        second.close();
    }

    @Test
    void one_starts_although_another_writes_at_that_moment_what_both_found_missing() throws SQLException {
        String row = " FROM token_entry WHERE processor_name = '__config'";
        try (Connection other = DriverManager.getConnection(database, "postgres", "postgres");
                Statement writing = other.createStatement()) {
            writing.execute("CREATE TEMPORARY TABLE identifier AS SELECT *" + row);
            writing.execute("DELETE" + row);
            other.setAutoCommit(false);
            assertThat(writing.executeUpdate("INSERT INTO token_entry SELECT * FROM identifier"))
                    .isOne();
            CompletableFuture<BranchProcess> starting =
                    CompletableFuture.supplyAsync(() -> new BranchProcess(BRANCH, database));
            await().atMost(Duration.ofMinutes(2)).until(() -> starting.isDone() || somebodyWaits());
            other.commit();
            starting.join().close();
        }
    }

    private static boolean somebodyWaits() throws SQLException {
        try (Connection looking = DriverManager.getConnection(database, "postgres", "postgres");
                Statement statement = looking.createStatement();
                ResultSet waiting = statement.executeQuery("SELECT 1 FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND wait_event_type = 'Lock'")) {
            return waiting.next();
        }
    }

    @Test
    void what_one_adds_the_other_adds_to() {
        open();
        assertThat(first.handle(deposit("10.00")).booked()).isEqualTo(eur("10.00"));
        assertThat(second.handle(deposit("5.00")).booked()).isEqualTo(eur("15.00"));
        assertThat(first.handle(deposit("1.00")).booked()).isEqualTo(eur("16.00"));
        assertThat(second.handle(withdraw("16.00")).booked()).isEqualTo(eur("0.00"));
    }

    @Test
    void nothing_is_refused_for_want_of_money_that_the_other_has_taken_in() {
        open();
        second.handle(deposit("1.00"));
        first.handle(deposit("99.00"));
        assertThat(second.handle(withdraw("100.00")).booked()).isEqualTo(eur("0.00"));
    }

    @Test
    void nothing_is_paid_out_that_the_other_has_paid_out() {
        open();
        first.handle(deposit("100.00"));
        second.handle(withdraw("60.00"));
        assertThatThrownBy(() -> first.handle(withdraw("60.00"))).hasMessageContaining("40.00");
        assertThat(second.handle(withdraw("40.00")).booked()).isEqualTo(eur("0.00"));
    }

    @Test
    void what_the_other_has_done_is_not_done_twice() {
        open();
        first.handle(deposit("1.00"));
        DepositMoney once = deposit("7.00");
        second.handle(once);
        assertThat(first.handle(once).booked()).isEqualTo(eur("8.00"));
        assertThat(first.handle(once).booked()).isEqualTo(eur("8.00"));
    }

    @Test
    void both_at_once_lose_and_double_nothing() {
        open();
        List<CompletableFuture<AccountBalance>> answers = new ArrayList<>();
        int accepted = 0;
        for (int number = 0; number < 60; number++) {
            answers.add((number % 2 == 0 ? first : second).send(deposit("1.00")));
        }
        for (CompletableFuture<AccountBalance> answer : answers) {
            accepted += answer.handle((balance, fault) -> fault == null ? 1 : 0).join();
        }
        assertThat(accepted).isPositive();
        assertThat(first.bean(EventStore.class).lastSequenceNumberFor(iban.value()))
                .contains((long) accepted);
        assertThat(first.handle(deposit("1.00")).booked()).isEqualTo(eur((accepted + 1) + ".00"));
    }

    private void open() {
        first.handle(new OpenAccount(iban, "owner", eur("0.00").currency(), eur("0.00")));
    }

    private DepositMoney deposit(String amount) {
        return new DepositMoney(iban, UUID.randomUUID().toString(), eur(amount), "cash");
    }

    private WithdrawMoney withdraw(String amount) {
        return new WithdrawMoney(iban, UUID.randomUUID().toString(), eur(amount), "cash");
    }

    private static Money eur(String amount) {
        return Money.of(amount, "EUR");
    }
}
