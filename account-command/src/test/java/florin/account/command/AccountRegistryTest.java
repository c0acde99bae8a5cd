package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountOpened;
import florin.account.api.CloseAccount;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.money.Money;
import java.time.Instant;
import java.util.Currency;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** One account a customer and currency, whatever crashes between the registry and the event store. */
class AccountRegistryTest extends BranchTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Money NO_LIMIT = Money.zero(EUR);

    @Autowired
    private AccountRegistry registry;

    @Autowired
    private AccountDesk desk;

    @Autowired
    private CommandGateway commands;

    @Autowired
    private EventStore events;

    @Autowired
    private JdbcClient jdbc;

    @Autowired
    private TransactionTemplate transaction;

    private final String owner = someone();
    private final String operation = UUID.randomUUID().toString();
    private final String another = UUID.randomUUID().toString();

    private Iban claimAndCrash() {
        return registry.claim(operation, owner, EUR);
    }

    private Iban claimOpenAndCrash(Money limit) {
        Iban iban = claimAndCrash();
        commands.sendAndWait(new OpenAccount(iban, owner, EUR, limit));
        return iban;
    }

    private String status(Iban iban) {
        return jdbc.sql("SELECT status FROM account WHERE iban = :iban")
                .param("iban", iban.value())
                .query(String.class)
                .single();
    }

    private void makePendingAgainWithoutLease(Iban iban) {
        jdbc.sql("UPDATE account SET status = 'PENDING', leased_until = now() - INTERVAL '1 second'"
                        + " WHERE iban = :iban")
                .param("iban", iban.value())
                .update();
    }

    private void isRefused(ProblemType type, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ProblemException.class, problem -> assertThat(problem.type())
                .isEqualTo(type));
    }

    @Test
    void aClaimIsFoundByAnIndexHoweverManyAccountsThereAre() {
        String plan = String.join(
                "\n",
                jdbc.sql("EXPLAIN " + AccountRegistry.FIND)
                        .param("operationId", operation)
                        .param("owner", owner)
                        .param("currency", "EUR")
                        .query(String.class)
                        .list());

        assertThat(plan).contains("account_of_earlier_operation").doesNotContain("Seq Scan");
    }

    @Test
    void aCrashBeforeTheAccountWasOpenedIsResumedByTheSameOperation() {
        Iban iban = claimAndCrash();

        assertThat(desk.open(operation, owner, EUR, NO_LIMIT).iban()).isEqualTo(iban);
        assertThat(status(iban)).isEqualTo("OPEN");
    }

    @Test
    void aCrashAfterTheAccountWasOpenedIsResumedByTheSameOperation() {
        Iban iban = claimOpenAndCrash(NO_LIMIT);

        assertThat(desk.open(operation, owner, EUR, NO_LIMIT).iban()).isEqualTo(iban);
        assertThat(status(iban)).isEqualTo("OPEN");
    }

    @Test
    void aClaimThatIsYoungKeepsOthersWaiting() {
        claimAndCrash();

        Answer answer = post("/accounts", opening(owner, "EUR")).isProblem(409, "concurrent-update");

        assertThat(answer.header("Retry-After")).isNotNull();
    }

    @Test
    void aClaimWhoseLeaseIsOverIsTakenOver() {
        Iban iban = claimAndCrash();
        makePendingAgainWithoutLease(iban);

        assertThat(post("/accounts", opening(owner, "EUR")).isCreated().text("iban"))
                .isEqualTo(iban.value());
        isRefused(ProblemType.DUPLICATE_ACCOUNT, () -> desk.open(operation, owner, EUR, NO_LIMIT));
    }

    @Test
    void aClaimThatWasTakenOverIsSettledForTheFirstThatHearsYes() {
        Iban iban = claimAndCrash();
        makePendingAgainWithoutLease(iban);
        registry.claim(another, owner, EUR);

        registry.markOpen(iban, operation, owner, EUR);
        isRefused(ProblemType.DUPLICATE_ACCOUNT, () -> registry.markOpen(iban, another, owner, EUR));
        isRefused(ProblemType.DUPLICATE_ACCOUNT, () -> registry.claim(another, owner, EUR));
        registry.markOpen(iban, operation, owner, EUR);
        assertThat(status(iban)).isEqualTo("OPEN");
    }

    @Test
    void anOperationThatHasOpenedTheAccountIsToldSoAlthoughItsClaimWasTakenOver() {
        Money limit = Money.of("100.00", "EUR");
        Iban iban = claimAndCrash();
        registry.giveUp(iban, operation);
        for (int number = 0; number < 5; number++) {
            makePendingAgainWithoutLease(iban);
            assertThat(registry.claim(UUID.randomUUID().toString(), owner, EUR)).isEqualTo(iban);
        }
        makePendingAgainWithoutLease(iban);
        assertThat(registry.claim(another, owner, EUR)).isEqualTo(iban);
        commands.sendAndWait(new OpenAccount(iban, owner, EUR, limit)); // Late.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(iban)).isEqualTo("OPEN"));

        isRefused(ProblemType.DUPLICATE_ACCOUNT, () -> desk.open(another, owner, EUR, NO_LIMIT));
        assertThat(desk.open(operation, owner, EUR, limit).iban()).isEqualTo(iban);
        assertThat(desk.open(operation, owner, EUR, limit).iban()).isEqualTo(iban);
        isRefused(ProblemType.DUPLICATE_ACCOUNT, () -> desk.open(another, owner, EUR, limit));
    }

    @Test
    void aClaimThatWasGivenUpIsTakenOverAtOnce() {
        Iban iban = claimAndCrash();
        registry.giveUp(iban, operation);

        assertThat(post("/accounts", opening(owner, "EUR")).isCreated().text("iban"))
                .isEqualTo(iban.value());
    }

    @Test
    void anAccountThatWasOpenedButNotMarkedIsMarkedFromItsEvent() {
        Iban iban = claimOpenAndCrash(NO_LIMIT);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(iban)).isEqualTo("OPEN"));
        post("/accounts", opening(owner, "EUR")).isProblem(409, "duplicate-account");
    }

    @Test
    void takingOverAnAccountThatWasOpenedWithOtherContentFindsADuplicate() {
        Iban iban = claimOpenAndCrash(Money.of("7.00", "EUR"));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(iban)).isEqualTo("OPEN"));
        makePendingAgainWithoutLease(iban);

        post("/accounts", opening(owner, "EUR")).isProblem(409, "duplicate-account");
    }

    @Test
    void anAccountThatWasClosedButNotMarkedIsMarkedFromItsEvent() {
        Iban iban = claimOpenAndCrash(NO_LIMIT);
        commands.sendAndWait(new CloseAccount(iban, "closure"));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(status(iban)).isEqualTo("CLOSED"));
    }

    @Test
    void aClosedAccountFreesItsOwnerForAnother() {
        String first = post("/accounts", opening(owner, "EUR")).isCreated().text("iban");
        close(first).isCreated();

        String second = post("/accounts", opening(owner, "EUR")).isCreated().text("iban");

        assertThat(second).isNotEqualTo(first);
    }

    @Test
    void theRequestThatOpenedAnAccountWhichIsClosedDoesNotOpenAnother() {
        Iban first = desk.open(operation, owner, EUR, NO_LIMIT).iban();
        desk.close(first, "closure");

        isRefused(ProblemType.ACCOUNT_CLOSED, () -> desk.open(operation, owner, EUR, NO_LIMIT));
    }

    @Test
    void aNumberThatWasGivenOutAgainAfterTheLossOfNewerRowsIsTheFirstOnes() {
        Iban given = claimAndCrash();
        registry.recordOpened(given, someone(), EUR, Instant.EPOCH);

        assertThat(desk.open(operation, owner, EUR, NO_LIMIT).iban()).isNotEqualTo(given);
    }

    @Test
    void aNumberWhoseOwnerIsNotReadYetIsNoAccountOfTheOneWhoAsks() {
        Iban given = claimAndCrash();
        transaction.executeWithoutResult(lost -> {
            registry.claim(operation, owner, EUR); // It stays locked: the event is not read meanwhile.
            commands.sendAndWait(new OpenAccount(given, someone(), EUR, NO_LIMIT));
            isRefused(ProblemType.CONCURRENT_UPDATE, () -> desk.open(operation, owner, EUR, NO_LIMIT));
            lost.setRollbackOnly();
        });

        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(
                        desk.open(operation, owner, EUR, NO_LIMIT).iban())
                .isNotEqualTo(given));
    }

    @Test
    void aReplayDoesNotOpenAClosedAccountAgain() {
        Iban first = desk.open(operation, owner, EUR, NO_LIMIT).iban();
        desk.close(first, "closure");
        Iban second = desk.open("second-" + owner.substring(0, 20), owner, EUR, NO_LIMIT)
                .iban();

        registry.recordOpened(first, owner, EUR, Instant.EPOCH);
        registry.recordClosed(first);
        registry.recordOpened(second, owner, EUR, Instant.EPOCH);

        assertThat(status(first)).isEqualTo("CLOSED");
        assertThat(status(second)).isEqualTo("OPEN");
    }

    @Test
    void anEventThatIsReadWhileItsAccountIsClosedDoesNotOpenItAgain() {
        Iban iban = claimAndCrash();
        registry.markOpen(iban, operation, owner, EUR);

        CompletableFuture<Void> opening = transaction.execute(closing -> {
            registry.recordClosed(iban);
            CompletableFuture<Void> event =
                    CompletableFuture.runAsync(() -> registry.recordOpened(iban, owner, EUR, Instant.EPOCH));
            await().atMost(PATIENCE)
                    .until(() -> jdbc.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                    .query(Long.class)
                                    .single()
                            > 0);
            return event;
        });
        opening.join();

        assertThat(status(iban)).isEqualTo("CLOSED");
    }

    @Test
    void anAccountThatTheDatabaseHasForgottenIsFoundAgain() {
        Iban iban = Iban.of("FLNO", 7_500_000_000L + owner.hashCode());
        commands.sendAndWait(new OpenAccount(iban, owner, EUR, NO_LIMIT));

        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(status(iban))
                .isEqualTo("OPEN"));
        post("/accounts", opening(owner, "EUR")).isProblem(409, "duplicate-account");
    }

    @Test
    void anOwnerWhoseNameIsTooLongForTheTableStopsNoEventsBehindIt() {
        Iban iban = Iban.of("FLNO", 5_000_000_000L + owner.hashCode());
        events.publish(new GenericDomainEventMessage<>(
                "Account", iban.value(), 0, new AccountOpened(iban, owner + "x".repeat(200), EUR, NO_LIMIT)));

        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(status(iban))
                .isEqualTo("OPEN"));
    }

    @Test
    void aSecondOpenAccountThatAnEventTellsOfIsKeptAside() {
        desk.open(operation, owner, EUR, NO_LIMIT);
        Iban surplus = Iban.of("FLNO", 6_000_000_000L + owner.hashCode());

        registry.recordOpened(surplus, owner, EUR, Instant.EPOCH);

        assertThat(status(surplus)).isEqualTo("SURPLUS");
    }

    @Test
    void manyRequestsAtOnceOpenOneAccount() {
        List<CompletableFuture<Answer>> answers = IntStream.range(0, 8)
                .mapToObj(index -> CompletableFuture.supplyAsync(() -> post("/accounts", opening(owner, "EUR"))))
                .toList();

        assertThat(answers.stream().filter(answer -> answer.join().status() == 201))
                .hasSize(1);
        assertThat(answers.stream().filter(answer -> answer.join().status() == 409))
                .hasSize(7);
    }
}
