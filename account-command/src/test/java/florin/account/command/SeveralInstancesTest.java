package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.account.api.AccountBalance;
import florin.account.api.AccountCommand;
import florin.account.api.DepositMoney;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.WithdrawMoney;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Two processes of one branch that both keep an account in memory, as when the account's commands move from one to the other:
 * each answers by what the other has done.
 */
class SeveralInstancesTest {

    private static final String BRANCH = "FLWE";
    private static final AtomicLong ACCOUNTS = new AtomicLong();

    private static ConfigurableApplicationContext first;
    private static ConfigurableApplicationContext second;

    private final Iban iban = Iban.of(BRANCH, ACCOUNTS.incrementAndGet());

    @BeforeAll
    static void start() {
        String database = TestPlatform.freshDatabaseUrl("account_flwe");
        first = start(database);
        second = start(database);
    }

    private static ConfigurableApplicationContext start(String database) {
        return new SpringApplicationBuilder(AccountCommandApplication.class)
                .run(
                        "--server.port=0",
                        "--florin.branch=" + BRANCH,
                        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                        "--spring.datasource.url=" + database,
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres");
    }

    @AfterAll
    static void stop() {
        first.close();
        second.close();
    }

    @Test
    void what_one_adds_the_other_adds_to() {
        open();
        assertThat(at(first, deposit("10.00")).booked()).isEqualTo(eur("10.00"));
        assertThat(at(second, deposit("5.00")).booked()).isEqualTo(eur("15.00"));
        assertThat(at(first, deposit("1.00")).booked()).isEqualTo(eur("16.00"));
        assertThat(at(second, withdraw("16.00")).booked()).isEqualTo(eur("0.00"));
    }

    @Test
    void nothing_is_refused_for_want_of_money_that_the_other_has_taken_in() {
        open();
        at(second, deposit("1.00"));
        at(first, deposit("99.00"));
        assertThat(at(second, withdraw("100.00")).booked()).isEqualTo(eur("0.00"));
    }

    @Test
    void nothing_is_paid_out_that_the_other_has_paid_out() {
        open();
        at(first, deposit("100.00"));
        at(second, withdraw("60.00"));
        assertThatThrownBy(() -> at(first, withdraw("60.00"))).hasMessageContaining("40.00");
        assertThat(at(second, withdraw("40.00")).booked()).isEqualTo(eur("0.00"));
    }

    @Test
    void what_the_other_has_done_is_not_done_twice() {
        open();
        at(first, deposit("1.00"));
        DepositMoney once = deposit("7.00");
        at(second, once);
        assertThat(at(first, once).booked()).isEqualTo(eur("8.00"));
        assertThat(at(first, once).booked()).isEqualTo(eur("8.00"));
    }

    @Test
    void both_at_once_lose_and_double_nothing() {
        open();
        List<CompletableFuture<AccountBalance>> answers = new ArrayList<>();
        int accepted = 0;
        for (int number = 0; number < 60; number++) {
            answers.add(send(number % 2 == 0 ? first : second, deposit("1.00")));
        }
        for (CompletableFuture<AccountBalance> answer : answers) {
            accepted += answer.handle((balance, fault) -> fault == null ? 1 : 0)
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
        }
        assertThat(accepted).isPositive();
        assertThat(first.getBean(EventStore.class).lastSequenceNumberFor(iban.value()))
                .contains((long) accepted);
        assertThat(at(first, deposit("1.00")).booked()).isEqualTo(eur((accepted + 1) + ".00"));
    }

    private void open() {
        at(first, new OpenAccount(iban, "owner", eur("0.00").currency(), eur("0.00")));
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

    private static AccountBalance at(ConfigurableApplicationContext instance, AccountCommand command) {
        try {
            return send(instance, command).orTimeout(60, TimeUnit.SECONDS).join();
        } catch (CompletionException fault) {
            throw new IllegalStateException(fault.getCause().getMessage(), fault);
        }
    }

    /** Past the router, which would send all commands of an account to the same process. */
    private static CompletableFuture<AccountBalance> send(
            ConfigurableApplicationContext instance, AccountCommand command) {
        CompletableFuture<AccountBalance> answer = new CompletableFuture<>();
        CompletableFuture<Void> unused =
                CompletableFuture.runAsync(() -> instance.getBean("localCommandBus", CommandBus.class)
                        .dispatch(
                                new GenericCommandMessage<>(
                                        GenericCommandMessage.asCommandMessage(command),
                                        command.getClass().getName() + "@" + BRANCH),
                                (sent, result) -> {
                                    if (result.isExceptional()) {
                                        answer.completeExceptionally(result.exceptionResult());
                                    } else {
                                        answer.complete((AccountBalance) result.getPayload());
                                    }
                                }));
        return answer;
    }
}
