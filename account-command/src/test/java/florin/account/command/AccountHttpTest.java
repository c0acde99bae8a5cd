package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.account.api.Iban;
import florin.account.api.WithdrawMoney;
import florin.kit.IdempotentRequests;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.money.Money;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

/** What customers of a branch get over HTTP. */
class AccountHttpTest extends BranchTest {

    private static final Iban UNKNOWN = Iban.of("FLNO", 9_999_999_999L);
    private static final Iban ELSEWHERE = Iban.of("FLSO", 1);

    @Autowired
    private IdempotentRequests requests;

    @Autowired
    private CommandGateway commands;

    private static String key() {
        return UUID.randomUUID().toString();
    }

    @Test
    void openingAnAccountAnswersItsIbanAndWhereItIs() {
        String owner = someone();

        Answer answer = post("/accounts", opening(owner, "EUR")).isCreated();

        Iban iban = new Iban(answer.text("iban"));
        assertThat(iban.branch()).isEqualTo("FLNO");
        assertThat(answer.header("Location")).isEqualTo("/accounts/" + iban);
        assertThat(answer.raw().body())
                .isEqualTo("{\"iban\":\"" + iban + "\",\"owner\":\"" + owner + "\",\"currency\":\"EUR\","
                        + "\"booked\":{\"value\":\"0.00\",\"currency\":\"EUR\"},"
                        + "\"reserved\":{\"value\":\"0.00\",\"currency\":\"EUR\"},"
                        + "\"available\":{\"value\":\"0.00\",\"currency\":\"EUR\"},\"position\":0}");
    }

    @Test
    void anOverdraftLimitIsAvailable() {
        String body = "{\"owner\":\"" + someone()
                + "\",\"currency\":\"EUR\",\"overdraftLimit\":{\"value\":\"50.00\",\"currency\":\"EUR\"}}";
        String iban = post("/accounts", body).isCreated().text("iban");

        withdraw(iban, "50.01").isProblem(422, "insufficient-funds");
        assertThat(withdraw(iban, "50.00").isCreated().text("booked.value")).isEqualTo("-50.00");
    }

    @Test
    void depositsAndWithdrawalsAnswerTheNewBalance() {
        String iban = open();

        Answer deposit = deposit(iban, "100.00").isCreated();
        Answer withdrawal = withdraw(iban, "30.00").isCreated();

        assertThat(deposit.raw().body())
                .isEqualTo("{\"iban\":\"" + iban + "\",\"booked\":{\"value\":\"100.00\",\"currency\":\"EUR\"},"
                        + "\"reserved\":{\"value\":\"0.00\",\"currency\":\"EUR\"},"
                        + "\"available\":{\"value\":\"100.00\",\"currency\":\"EUR\"},\"position\":1}");
        assertThat(withdrawal.text("booked.value")).isEqualTo("70.00");
        assertThat(withdrawal.body().at("/position").asInt()).isEqualTo(2);
    }

    @Test
    void anAccountIsTheSameAfterManySnapshots() {
        String iban = open();
        int deposits = 2 * AccountConfiguration.EVENTS_PER_SNAPSHOT + 5;
        for (int index = 0; index < deposits; index++) {
            deposit(iban, "1.00").isCreated();
        }

        Answer last = withdraw(iban, "5.00").isCreated();

        assertThat(last.text("booked.value")).isEqualTo(deposits - 5 + ".00");
        assertThat(last.body().at("/position").asInt()).isEqualTo(deposits + 1);
    }

    @Test
    void aYenHasNoDecimals() {
        String iban = post("/accounts", opening(someone(), "JPY")).isCreated().text("iban");

        post("/accounts/" + iban + "/deposits", amount("100.5", "JPY")).isProblem(400, "invalid-amount");
        assertThat(post("/accounts/" + iban + "/deposits", amount("100", "JPY"))
                        .isCreated()
                        .text("booked.value"))
                .isEqualTo("100");
    }

    @Test
    void anEmptyAccountClosesAndThenRefuses() {
        String iban = open();
        deposit(iban, "1.00").isCreated();
        close(iban).isProblem(409, "account-not-empty");
        withdraw(iban, "1.00").isCreated();

        close(iban).isCreated();

        deposit(iban, "1.00").isProblem(409, "account-closed");
        close(iban).isProblem(409, "account-closed");
    }

    @Test
    void aBlockedAccountRefusesUntilItIsUnblocked() {
        String iban = open();
        deposit(iban, "1.00").isCreated();

        post("/accounts/" + iban + "/block", "{\"why\":\"lost\"}").isProblem(400, "unknown-field");
        Answer blocked = post("/accounts/" + iban + "/block", "").isCreated();

        assertThat(blocked.text("booked.value")).isEqualTo("1.00");
        assertThat(deposit(iban, "1.00").isProblem(409, "account-blocked").text("reason"))
                .isEqualTo("AC06");
        withdraw(iban, "1.00").isProblem(409, "account-blocked");
        close(iban).isProblem(409, "account-blocked");
        post("/accounts/" + iban + "/unblock", "{}").isCreated();
        withdraw(iban, "1.00").isCreated();
        close(iban).isCreated();
        post("/accounts/" + iban + "/block", "{}").isProblem(409, "account-closed");
        post("/accounts/" + UNKNOWN + "/block", "{}").isProblem(404, "unknown-account");
    }

    @Test
    void aRepeatedRequestGetsTheFirstAnswer() {
        String iban = open();
        String key = key();
        String path = "/accounts/" + iban + "/deposits";

        Answer first =
                post(path, amount("10.00", "EUR"), "Idempotency-Key", key).isCreated();
        deposit(iban, "1.00").isCreated();
        Answer second =
                post(path, amount("10.00", "EUR"), "Idempotency-Key", key).isCreated();

        assertThat(second.body()).isEqualTo(first.body());
        assertThat(deposit(iban, "1.00").text("booked.value")).isEqualTo("12.00");
    }

    @Test
    void aRepeatedOpeningGetsTheFirstAccount() {
        String key = key();
        String body = opening(someone(), "EUR");

        Answer first = post("/accounts", body, "Idempotency-Key", key).isCreated();
        Answer second = post("/accounts", body, "Idempotency-Key", key).isCreated();

        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.header("Location")).isEqualTo(first.header("Location"));
    }

    @Test
    void aRepeatedRefusalIsTheSameRefusal() {
        String iban = open();
        String key = key();
        String path = "/accounts/" + iban + "/withdrawals";

        post(path, amount("1.00", "EUR"), "Idempotency-Key", key).isProblem(422, "insufficient-funds");
        deposit(iban, "1.00").isCreated();
        Answer second = post(path, amount("1.00", "EUR"), "Idempotency-Key", key);

        assertThat(second.status()).isEqualTo(422);
    }

    @Test
    void aRefusalHoldsAlthoughAnEarlierAttemptComesLate() {
        String iban = open();
        String key = key();
        String path = "/accounts/" + iban + "/withdrawals";
        Money amount = Money.of("5.00", "EUR");
        AtomicReference<String> operation = new AtomicReference<>();
        assertThatThrownBy(() -> requests.run(key, "POST " + path, new MoneyRequest(amount, "cash"), operationId -> {
                    operation.set(operationId); // Its command is under way, and nobody has heard of it.
                    throw new ProblemException(ProblemType.NO_ANSWER, "nothing was heard");
                }))
                .isInstanceOf(ProblemException.class);

        post(path, amount("5.00", "EUR"), "Idempotency-Key", key).isProblem(422, "insufficient-funds");
        deposit(iban, "5.00").isCreated();
        assertThatThrownBy(
                        () -> commands.sendAndWait(new WithdrawMoney(new Iban(iban), operation.get(), amount, "cash")))
                .hasMessageContaining("was refused before");

        assertThat(post(path, amount("5.00", "EUR"), "Idempotency-Key", key).status())
                .isEqualTo(422);
        assertThat(deposit(iban, "1.00").text("booked.value")).isEqualTo("6.00");
    }

    @Test
    void anAttemptAfterOneThatWasDoneUnheardIsAnsweredAsThat() {
        String iban = open();
        deposit(iban, "5.00").isCreated();
        String key = key();
        String path = "/accounts/" + iban + "/withdrawals";
        MoneyRequest request = new MoneyRequest(Money.of("5.00", "EUR"), "cash");
        assertThatThrownBy(() -> requests.run(key, "POST " + path, request, operationId -> {
                    commands.sendAndWait(
                            new WithdrawMoney(new Iban(iban), operationId, request.amount(), request.reference()));
                    throw new ProblemException(ProblemType.NO_ANSWER, "nothing was heard");
                }))
                .isInstanceOf(ProblemException.class);

        Answer second = post(path, amount("5.00", "EUR"), "Idempotency-Key", key);

        assertThat(second.isCreated().text("booked.value")).isEqualTo("0.00");
    }

    @Test
    void aKeyWithAnotherBodyIsRefused() {
        String key = key();
        String path = "/accounts/" + open() + "/deposits";

        post(path, amount("10.00", "EUR"), "Idempotency-Key", key).isCreated();

        post(path, amount("10.01", "EUR"), "Idempotency-Key", key).isProblem(422, "idempotency-key-reused");
    }

    @Test
    void aRequestSentManyTimesAtOnceHasOneEffect() {
        String iban = open();
        String key = key();

        List<CompletableFuture<Answer>> answers = IntStream.range(0, 8)
                .mapToObj(index -> CompletableFuture.supplyAsync(
                        () -> post("/accounts/" + iban + "/deposits", amount("10.00", "EUR"), "Idempotency-Key", key)))
                .toList();

        assertThat(answers).allSatisfy(answer -> {
            if (answer.join().status() != 201) {
                answer.join().isProblem(409, "request-in-progress");
                assertThat(answer.join().header("Retry-After")).isNotNull();
            }
        });
        assertThat(deposit(iban, "1.00").text("booked.value")).isEqualTo("11.00");
    }

    @Test
    void concurrentDepositsAreAllBooked() {
        String iban = open();

        IntStream.range(0, 20)
                .mapToObj(index -> CompletableFuture.supplyAsync(() -> deposit(iban, "1.00")))
                .toList()
                .forEach(answer -> answer.join().isCreated());

        assertThat(deposit(iban, "1.00").text("booked.value")).isEqualTo("21.00");
    }

    @Test
    void aSecondAccountInTheSameCurrencyIsRefused() {
        String owner = someone();
        post("/accounts", opening(owner, "EUR")).isCreated();

        post("/accounts", opening(owner, "EUR")).isProblem(409, "duplicate-account");
        post("/accounts", opening(owner, "USD")).isCreated();
    }

    @Test
    void anAccountThatNobodyOpenedIsUnknown() {
        deposit(UNKNOWN.value(), "1.00").isProblem(404, "unknown-account");
        withdraw(UNKNOWN.value(), "1.00").isProblem(404, "unknown-account");
        close(UNKNOWN.value()).isProblem(404, "unknown-account");
    }

    @Test
    void anAccountOfAnotherBranchIsSaidToBeThere() {
        Answer answer = deposit(ELSEWHERE.value(), "1.00").isProblem(404, "account-at-other-branch");

        assertThat(answer.text("branch")).isEqualTo("FLSO");
        assertThat(answer.text("detail")).contains("FLSO");
    }

    @Test
    void anotherCurrencyIsRefused() {
        String iban = open();

        post("/accounts/" + iban + "/deposits", amount("1.00", "USD")).isProblem(422, "wrong-currency");
        String body = "{\"owner\":\"" + someone()
                + "\",\"currency\":\"EUR\",\"overdraftLimit\":{\"value\":\"1.00\",\"currency\":\"USD\"}}";
        post("/accounts", body).isProblem(422, "wrong-currency");
    }

    @Test
    void moreThanAnAccountCanHoldIsRefused() {
        String iban = open();
        deposit(iban, "92233720368547758.07").isCreated();

        deposit(iban, "0.01").isProblem(422, "amount-out-of-range");
        deposit(iban, "92233720368547758.08").isProblem(422, "amount-out-of-range");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NL00FLNO0000000001", "no-iban", "NL91ABNA04171643001"})
    void aBadIbanIsRefused(String iban) {
        deposit(iban, "1.00").isProblem(400, "invalid-iban");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.00", "-1.00", "1.001", "1,00", "1e3", ""})
    void aBadAmountIsRefused(String value) {
        deposit(UNKNOWN.value(), value).isProblem(400, "invalid-amount");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "malformed-json  | {\"owner\":",
                "malformed-json  | owner=alice",
                "unknown-field   | {\"owner\":\"alice\",\"currency\":\"EUR\",\"branch\":\"FLNO\"}",
                "invalid-request | {\"owner\":\" \",\"currency\":\"EUR\"}",
                "invalid-request | {\"currency\":\"EUR\"}",
                "invalid-request | {\"owner\":\"alice\"}",
                "invalid-request | {\"owner\":\"a\\u0000b\",\"currency\":\"EUR\"}",
                "invalid-request | {\"owner\":\"a\\ud800b\",\"currency\":\"EUR\"}",
                "unknown-currency | {\"owner\":\"alice\",\"currency\":\"XYZ\"}",
                "invalid-amount  | {\"owner\":\"alice\",\"currency\":\"EUR\",\"overdraftLimit\":"
                        + "{\"value\":\"-1.00\",\"currency\":\"EUR\"}}",
            })
    void aBadBodyIsRefused(String type, String body) {
        post("/accounts", body).isProblem(400, type);
    }

    @Test
    void aNameMayHaveAnyCharacters() {
        String owner = someone() + " Zoë 漢 😀";

        assertThat(post("/accounts", opening(owner, "EUR")).isCreated().text("owner"))
                .isEqualTo(owner);
    }

    @Test
    void aClientThatCannotReadTheAnswerIsRefusedBeforeAnythingIsDone() {
        String deposits = "/accounts/" + open() + "/deposits";
        Answer refused =
                post(deposits, amount("1.00", "EUR"), "Accept", "text/html").isProblem(406, "not-acceptable");
        assertThat(refused.text("allowed.0")).isEqualTo("application/json");
        assertThat(post(deposits, amount("2.00", "EUR")).isCreated().text("booked.value"))
                .isEqualTo("2.00");
    }

    @Test
    void aMissingBodyIsRefused() {
        Answer refused = post("/accounts/" + UNKNOWN + "/deposits", "").isProblem(400, "invalid-request");
        assertThat(refused.text("detail")).contains("body is missing");
    }

    @Test
    void aMissingAmountIsRefused() {
        post("/accounts/" + UNKNOWN + "/deposits", "{\"reference\":\"cash\"}").isProblem(400, "invalid-request");
    }

    @Test
    void aLargeBodyIsRefused() {
        post("/accounts", opening("a".repeat(64 * 1024), "EUR")).isProblem(413, "body-too-large");
    }

    @Test
    void theCorrelationIdOfTheRequestIsInTheAnswerAndInTheError() {
        Answer opened = post("/accounts", opening(someone(), "EUR"), "X-Correlation-ID", "from-the-client");
        Answer refused = post("/accounts/" + UNKNOWN + "/closure", "{}", "X-Correlation-ID", "from-the-client-too");

        assertThat(opened.isCreated().header("X-Correlation-ID")).isEqualTo("from-the-client");
        assertThat(refused.isProblem(404, "unknown-account").text("correlationId"))
                .isEqualTo("from-the-client-too");
    }

    @Test
    void aCorrelationIdIsMadeIfThereIsNone() {
        assertThat(post("/accounts", opening(someone(), "EUR")).header("X-Correlation-ID"))
                .isNotBlank();
    }

    @Test
    void theBranchIsAliveAndReady() {
        assertThat(get("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(get("/actuator/health/readiness").status()).isEqualTo(200);
    }

    @Test
    void theApiIsDescribedWithExamples() {
        Answer description = get("/v3/api-docs");

        assertThat(description.status()).isEqualTo(200);
        assertThat(description.body().at("/paths").propertyNames())
                .containsExactlyInAnyOrder(
                        "/accounts",
                        "/accounts/{iban}/deposits",
                        "/accounts/{iban}/withdrawals",
                        "/accounts/{iban}/block",
                        "/accounts/{iban}/unblock",
                        "/accounts/{iban}/closure");
        assertThat(description.text("components.schemas.OpenRequest.example.owner"))
                .isEqualTo("alice");
        assertThat(description.text("components.schemas.MoneyRequest.example.amount.value"))
                .isEqualTo("100.00");
        assertThat(get("/swagger-ui.html").status()).isIn(200, 302);
    }
}
