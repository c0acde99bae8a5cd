package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.Iban;
import florin.account.api.ReservationState;
import florin.account.api.ReserveFunds;
import florin.kit.TestPlatform;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What happens to transfers that do not go straight: the service as it runs, with branches that go away and come back. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TransferProtocolTest {

    private static final AtomicLong ACCOUNTS = new AtomicLong(500_000);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** In this order, the service is seldom started anew. */
    private static final int LOSING_SAGAS = Order.DEFAULT + 1;

    private static final int WITH_A_TIME_LIMIT = Order.DEFAULT + 2;
    private static final int WITH_FEW_ATTEMPTS = Order.DEFAULT + 3;
    private static final String FEW_ATTEMPTS = "--florin.transfer.attempts=2";

    private static String database;
    private static ConfigurableApplicationContext service;
    private static List<String> runningWith;
    private static AccountBook north;
    private static AccountBook south;

    private final Iban from = Iban.of("FLNO", ACCOUNTS.incrementAndGet());
    private final Iban to = Iban.of("FLSO", ACCOUNTS.incrementAndGet());

    @BeforeAll
    static void start() {
        database = TestPlatform.freshDatabaseUrl("transfer_protocol");
        north = AccountBook.open("FLNO", TestPlatform.axonServerPort());
        south = AccountBook.open("FLSO", TestPlatform.axonServerPort());
        service = startService();
    }

    @AfterAll
    static void stop() {
        service.close();
        north.close();
        south.close();
    }

    @BeforeEach
    void openAccounts() {
        north.deposit(from, "100.00");
        south.deposit(to, "0.00");
    }

    @Test
    void what_is_cancelled_before_its_target_answers_ends_cancelled_and_moves_nothing() throws Exception {
        south.goAway();
        String id = request("30.00");
        awaitStatus(id, "RESERVED");
        HttpResponse<String> cancelled = post("/transfers/" + id + "/cancel");
        assertThat(cancelled.statusCode()).as(cancelled.body()).isEqualTo(202);
        assertThat(cancelled.headers().firstValue("Location")).contains("/transfers/" + id);
        awaitEvent(id, "TransferCancellationRequested");
        assertProblem(post("/transfers/" + id + "/retry"), 409, "transfer-not-parked");
        assertThat(north.balance(from))
                .as("not released before the target has answered")
                .isEqualTo(eur("70.00"));
        south.comeBack();

        JsonNode transfer = end(id);
        assertThat(transfer.get("status").asString()).isEqualTo("CANCELLED");
        assertThat(transfer.get("statusCode").asString()).isEqualTo("CANC");
        assertThat(transfer.get("reason").asString()).isEqualTo("DS02");
        assertBalances("100.00", "0.00");
        assertThat(events(id))
                .containsExactly(
                        "TransferRequested",
                        "FundsReserved",
                        "TransferCancellationRequested",
                        "TransferCreditCancelled",
                        "ReservationReleased",
                        "TransferCancelled");
        assertThat(post("/transfers/" + id + "/cancel").statusCode()).isEqualTo(202);
        nothingMovesWhenItsCommandsComeLate(id);
    }

    /** A tombstone says so to the credit that comes after it. */
    private void nothingMovesWhenItsCommandsComeLate(String id) {
        CommandGateway commands = service.getBean(CommandGateway.class);
        TransferId transfer = new TransferId(id);
        Object credit = commands.sendAndWait(new CreditTransfer(to, transfer, eur("30.00"), from, Instant.now()));
        Object reservation = commands.sendAndWait(new ReserveFunds(from, transfer, eur("30.00"), to, Instant.now()));
        assertThat(credit).isEqualTo(CreditState.CANCELLED);
        assertThat(reservation).isEqualTo(ReservationState.RELEASED);
        assertBalances("100.00", "0.00");
    }

    @Test
    void what_is_credited_completes_although_it_was_cancelled() throws Exception {
        south.goAway();
        String id = request("30.00");
        awaitStatus(id, "RESERVED");
        north.goAway();
        south.comeBack();
        awaitStatus(id, "CREDITED");
        assertThat(post("/transfers/" + id + "/cancel").statusCode()).isEqualTo(202);
        north.comeBack();

        assertThat(end(id).get("status").asString()).isEqualTo("COMPLETED");
        assertBalances("70.00", "30.00");
    }

    @Test
    void it_is_too_late_to_cancel_or_retry_what_has_ended() throws Exception {
        String id = request("30.00");
        assertThat(end(id).get("statusCode").asString()).isEqualTo("ACSC");

        assertProblem(post("/transfers/" + id + "/cancel"), 409, "transfer-final");
        assertProblem(post("/transfers/" + id + "/retry"), 409, "transfer-final");
        assertBalances("70.00", "30.00");
    }

    @Test
    void what_nobody_asked_for_can_neither_be_cancelled_nor_retried_nor_told() throws Exception {
        assertProblem(post("/transfers/TRF-nobody/cancel"), 404, "unknown-transfer");
        assertProblem(post("/transfers/TRF-nobody/retry"), 404, "unknown-transfer");
        assertProblem(get("/transfers/TRF-nobody/timeline"), 404, "unknown-transfer");
        assertProblem(post("/transfers/nonsense/cancel"), 400, "invalid-transfer-id");
    }

    @Test
    @Order(WITH_FEW_ATTEMPTS)
    void after_its_attempts_a_transfer_is_parked_until_an_operator_decides_or_an_outcome_comes_late() throws Exception {
        serviceWith(FEW_ATTEMPTS);
        south.goAway();
        String retried = request("10.00");
        String cancelled = request("20.00");
        String late = request("30.00");
        for (String id : List.of(retried, cancelled, late)) {
            awaitStatus(id, "PARKED");
        }
        JsonNode parked = json(get("/transfers/" + retried));
        assertThat(parked.get("statusCode").asString()).isEqualTo("PDNG");
        assertThat(ids("/transfers?status=PARKED&account=" + from)).containsExactlyInAnyOrder(retried, cancelled, late);
        assertThat(ids("/transfers?status=RESERVED&account=" + from)).isEmpty();
        assertThat(timeline(retried).get(2).get("detail").asString())
                .isEqualTo("CREDIT: 2 attempts without an outcome");
        assertThat(timeline(retried).get(2).has("attempts")).isFalse();
        assertThat(north.balance(from)).as("what is parked stays reserved").isEqualTo(eur("40.00"));
        south.comeBack();

        assertThat(post("/transfers/" + retried + "/retry").statusCode()).isEqualTo(202);
        assertThat(post("/transfers/" + cancelled + "/cancel").statusCode()).isEqualTo(202);
        assertThat(end(retried).get("status").asString()).isEqualTo("COMPLETED");
        assertThat(end(cancelled).get("status").asString()).isEqualTo("CANCELLED");
        assertBalances("60.00", "10.00");
        CreditTransfer credit = new CreditTransfer(to, new TransferId(late), eur("30.00"), from, Instant.now());
        assertThat(service.getBean(CommandGateway.class).<Object>sendAndWait(credit))
                .isEqualTo(CreditState.CREDITED);
        assertThat(end(late).get("status").asString()).isEqualTo("COMPLETED");
        assertBalances("60.00", "40.00");
    }

    /** What a process that dies after the transfer goes on, and before it has kept its answer, leaves behind. */
    @Test
    @Order(WITH_FEW_ATTEMPTS)
    void a_retry_whose_answer_is_lost_is_answered_under_its_key_when_it_is_repeated() throws Exception {
        serviceWith(FEW_ATTEMPTS);
        south.goAway();
        String id = request("10.00");
        awaitStatus(id, "PARKED");
        south.comeBack();

        for (int time = 0; time < 3; time++) {
            HttpResponse<String> retried = send(at("/transfers/" + id + "/retry")
                    .header("Idempotency-Key", "retry-of-" + id)
                    .POST(HttpRequest.BodyPublishers.noBody()));
            assertThat(retried.statusCode()).as(retried.body()).isEqualTo(202);
            assertThat(end(id).get("status").asString()).isEqualTo("COMPLETED");
            inDatabase("DELETE FROM idempotency_key");
        }
        assertThat(events(id)).containsOnlyOnce("TransferResumed");
        assertProblem(post("/transfers/" + id + "/retry"), 409, "transfer-final");
        assertBalances("90.00", "10.00");
    }

    @Test
    void a_timeline_tells_each_step_with_its_service_attempt_position_and_correlation() throws Exception {
        south.goAway();
        String id = request("30.00");
        awaitStatus(id, "RESERVED");
        south.comeBack();
        end(id);

        JsonNode steps = timeline(id);
        assertThat(events(id))
                .containsExactly(
                        "TransferRequested",
                        "FundsReserved",
                        "TransferCredited",
                        "ReservationCaptured",
                        "TransferCompleted");
        assertThat(texts(steps, "service"))
                .containsExactly(
                        "transfer-saga",
                        "account-command FLNO",
                        "account-command FLSO",
                        "account-command FLNO",
                        "transfer-saga");
        assertThat(texts(steps, "correlationId")).as(steps.toString()).allMatch(("correlation-of-" + from)::equals);
        assertThat(texts(steps, "at").map(Instant::parse)).isSorted();
        assertThat(steps.get(0).has("attempts")).isFalse();
        assertThat(steps.get(1).get("attempts").asInt()).isEqualTo(1);
        assertThat(steps.get(2).get("attempts").asInt()).isPositive();
        assertThat(steps.get(0).get("position").asInt()).isZero();
        assertThat(steps.get(4).get("position").asInt()).isEqualTo(1);
        assertThat(steps.get(4).get("stream").asString()).isEqualTo(id);
        assertThat(steps.get(1).get("stream").asString()).isEqualTo(from.value());
    }

    @Test
    void transfers_are_listed_newest_first_a_page_at_a_time() throws Exception {
        List<String> newestFirst = new ArrayList<>();
        for (int number = 0; number < 5; number++) {
            String id = request("1.00");
            newestFirst.add(0, id);
            end(id);
        }
        List<String> listed = new ArrayList<>();
        String path = "/transfers?limit=2&status=COMPLETED&account=" + to;
        JsonNode page = json(get(path));
        while (page.has("next")) {
            assertThat(page.get("transfers")).hasSize(2);
            page.get("transfers")
                    .forEach(transfer -> listed.add(transfer.get("id").asString()));
            page = json(get(path + "&after=" + page.get("next").asString()));
        }
        page.get("transfers").forEach(transfer -> listed.add(transfer.get("id").asString()));
        assertThat(listed).isEqualTo(newestFirst);

        String third =
                json(get("/transfers/" + newestFirst.get(2))).get("requestedAt").asString();
        assertThat(ids("/transfers?account=" + from + "&from=" + third)).isEqualTo(newestFirst.subList(0, 3));
        assertThat(ids("/transfers?account=" + from + "&to=" + third)).isEqualTo(newestFirst.subList(3, 5));
        assertThat(ids("/transfers?status=FAILED&account=" + from)).isEmpty();
        assertThat(json(get("/transfers")).get("transfers").size()).isBetween(1, 50);
    }

    @Test
    void a_list_that_cannot_be_given_is_refused() throws Exception {
        assertProblem(get("/transfers?status=LOST"), 400, "invalid-request");
        assertThat(get("/transfers?status=LOST").body())
                .contains("allowed: RECEIVED, RESERVED, CREDITED, COMPLETED, FAILED, CANCELLED, PARKED");
        assertProblem(get("/transfers?account=NL00"), 400, "invalid-iban");
        assertProblem(get("/transfers?from=yesterday"), 400, "invalid-request");
        assertThat(get("/transfers?from=yesterday").body()).contains("a point in time such as 2026-01-31T12:00:00Z");
        assertProblem(get("/transfers?from=-10000-01-01T00:00:00Z"), 400, "invalid-request");
        assertProblem(get("/transfers?to=%2B10000-01-01T00:00:00Z"), 400, "invalid-request");
        assertProblem(get("/transfers?after=" + cursor("2026-01-01T00:00:00Z \0")), 400, "invalid-request");
        assertProblem(get("/transfers?after=" + cursor("-10000-01-01T00:00:00Z TRF-1")), 400, "invalid-request");
        assertProblem(get("/transfers?limit=0"), 400, "invalid-request");
        assertThat(get("/transfers?limit=ten").body()).contains("it must be a whole number");
        assertProblem(get("/transfers?limit=501"), 400, "invalid-request");
        assertProblem(get("/transfers?after=nonsense"), 400, "invalid-request");
    }

    private static String cursor(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void an_event_that_cannot_be_handled_is_taken_up_again_and_not_skipped() throws Exception {
        int commandsBefore = north.commandsHandled();
        inDatabase(
                "ALTER TABLE transfer_step RENAME TO away_1",
                "ALTER TABLE transfer_saga ADD CONSTRAINT closed CHECK (FALSE) NOT VALID");
        String id = request("30.00");
        await().atMost(PATIENCE).until(() -> north.commandsHandled() >= commandsBefore + 2);
        assertProblem(get("/transfers/" + id), 404, "unknown-transfer");
        inDatabase("ALTER TABLE away_1 RENAME TO transfer_step", "ALTER TABLE transfer_saga DROP CONSTRAINT closed");

        awaitStatus(id, "COMPLETED");
        assertThat(events(id))
                .containsExactly(
                        "TransferRequested",
                        "FundsReserved",
                        "TransferCredited",
                        "ReservationCaptured",
                        "TransferCompleted");
        assertBalances("70.00", "30.00");
    }

    @Test
    void a_transfer_that_cannot_be_shown_holds_up_what_is_shown_of_those_behind_it_and_says_so_but_no_transfer()
            throws Exception {
        String before = request("1.00");
        end(before);
        double failures = failuresOfTheView();
        inDatabase(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN RAISE EXCEPTION 'it cannot be shown' USING ERRCODE = '22000'; END $$",
                "CREATE TRIGGER refuse BEFORE INSERT ON transfer_view FOR EACH ROW WHEN (NEW.amount_minor = 1300)"
                        + " EXECUTE FUNCTION refuse()");
        String refused = request("13.00");
        String behind = request("2.00");
        await().atMost(PATIENCE).untilAsserted(() -> assertBalances("84.00", "16.00"));
        await().atMost(PATIENCE).until(() -> failuresOfTheView() > failures);
        assertProblem(get("/transfers/" + refused), 404, "unknown-transfer");
        assertProblem(get("/transfers/" + behind), 404, "unknown-transfer");
        assertThat(ids("/transfers?account=" + from)).containsExactly(before);
        inDatabase("DROP FUNCTION refuse CASCADE");

        awaitStatus(refused, "COMPLETED");
        awaitStatus(behind, "COMPLETED");
        assertThat(ids("/transfers?account=" + from)).containsExactly(behind, refused, before);
    }

    private static double failuresOfTheView() throws IOException, InterruptedException {
        String name = "axon_event_processor_failures_total{processor=\"" + TransferView.PROCESSOR + "\"} ";
        return get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .sum();
    }

    @Test
    @Order(WITH_A_TIME_LIMIT)
    void what_runs_out_of_time_is_cancelled_at_its_target_and_fails() throws Exception {
        serviceWith("--florin.transfer.time-limit=2s");
        south.goAway();
        String id = request("30.00");
        awaitEvent(id, "FundsReserved");
        awaitEvent(id, "TransferCancellationRequested");
        assertThat(north.balance(from))
                .as("not released before the target has answered")
                .isEqualTo(eur("70.00"));
        south.comeBack();

        JsonNode transfer = end(id);
        assertThat(transfer.get("status").asString()).isEqualTo("FAILED");
        assertThat(transfer.get("statusCode").asString()).isEqualTo("RJCT");
        assertThat(transfer.get("reason").asString()).isEqualTo("TM01");
        assertThat(events(id)).containsSubsequence("TransferCreditCancelled", "ReservationReleased", "TransferFailed");
        assertThat(timeline(id).get(2).path("event").asString()).isEqualTo("TransferCancellationRequested");
        assertThat(timeline(id).get(2).has("attempts")).isFalse();
        assertBalances("100.00", "0.00");
    }

    @Test
    @Order(LOSING_SAGAS)
    void everything_becomes_final_although_sagas_deadlines_and_tokens_are_lost() throws Exception {
        serviceWith();
        south.goAway();
        String reserved = request("10.00");
        String cancelled = request("20.00");
        awaitStatus(reserved, "RESERVED");
        awaitStatus(cancelled, "RESERVED");
        post("/transfers/" + cancelled + "/cancel");
        awaitEvent(cancelled, "TransferCancellationRequested");
        String refused = request("5.00", Iban.of("FLSO", 999_998));
        awaitStatus(refused, "RESERVED");
        north.goAway();
        String received = request("30.00");
        awaitStatus(received, "RECEIVED");
        service.close();
        inDatabase("TRUNCATE transfer_saga, token_entry");
        north.comeBack();
        south.comeBack();
        service = startService(
                "--florin.transfer.look-back=0s",
                "--florin.transfer.reconcile-every=500ms",
                "--florin.transfer.reconcile-after=500ms");

        assertThat(end(reserved).get("status").asString()).isEqualTo("COMPLETED");
        assertThat(end(received).get("status").asString()).isEqualTo("COMPLETED");
        assertThat(end(cancelled).get("status").asString()).isEqualTo("CANCELLED");
        assertThat(end(refused).get("reason").asString()).isEqualTo("AC01");
        assertBalances("60.00", "40.00");
    }

    @Test
    @Order(LOSING_SAGAS)
    void a_saga_goes_with_the_token_that_says_which_events_it_has_seen() throws Exception {
        serviceWith();
        south.goAway();
        String id = request("10.00");
        awaitStatus(id, "RESERVED");
        inDatabase("CREATE TABLE survivor AS SELECT * FROM transfer_saga WHERE transfer_id = '" + id + "'");
        south.comeBack();
        assertThat(end(id).get("status").asString()).isEqualTo("COMPLETED");
        service.close();
        inDatabase(
                "TRUNCATE transfer_saga, token_entry",
                "INSERT INTO transfer_saga SELECT * FROM survivor",
                "DROP TABLE survivor");
        service = startService("--florin.transfer.look-back=0s");

        assertThat(end(request("20.00")).get("status").asString()).isEqualTo("COMPLETED");
        assertThat(service.getBean(JdbcTemplate.class)
                        .queryForList("SELECT transfer_id FROM transfer_saga", String.class))
                .doesNotContain(id);
        assertBalances("70.00", "30.00");
    }

    @Test
    @Order(LOSING_SAGAS)
    void the_reconciler_keeps_the_time_limit_and_the_attempts_too() throws Exception {
        serviceWith();
        south.goAway();
        String id = request("10.00");
        awaitStatus(id, "RESERVED");
        service.close();
        inDatabase("TRUNCATE transfer_saga");
        service = startService(
                "--florin.transfer.time-limit=1s",
                FEW_ATTEMPTS,
                "--florin.transfer.reconcile-every=500ms",
                "--florin.transfer.reconcile-after=500ms");
        awaitStatus(id, "PARKED");
        assertThat(events(id))
                .containsExactly(
                        "TransferRequested", "FundsReserved", "TransferCancellationRequested", "TransferParked");
        south.comeBack();

        post("/transfers/" + id + "/retry");
        JsonNode transfer = end(id);
        assertThat(transfer.get("status").asString()).isEqualTo("FAILED");
        assertThat(transfer.get("reason").asString()).isEqualTo("TM01");
        assertBalances("100.00", "0.00");
    }

    @Test
    @Order(WITH_FEW_ATTEMPTS)
    void the_time_limit_calls_off_what_is_parked_although_its_saga_is_lost() throws Exception {
        serviceWith(FEW_ATTEMPTS);
        south.goAway();
        String id = request("10.00");
        awaitStatus(id, "PARKED");
        service.close();
        inDatabase("TRUNCATE transfer_saga");
        south.comeBack();
        service = startService(
                "--florin.transfer.time-limit=1s",
                "--florin.transfer.reconcile-every=500ms",
                "--florin.transfer.reconcile-after=500ms");

        JsonNode transfer = end(id);
        assertThat(transfer.get("status").asString()).isEqualTo("FAILED");
        assertThat(transfer.get("reason").asString()).isEqualTo("TM01");
        assertBalances("100.00", "0.00");
    }

    @Test
    @Order(LOSING_SAGAS)
    void however_many_stand_still_the_reconciler_drives_all_of_them_in_one_period() throws Exception {
        serviceWith();
        south.goAway();
        List<String> many = new ArrayList<>();
        for (int i = 0; i <= TransferRows.MOST_STANDING; i++) {
            many.add(request("0.50"));
        }
        for (String id : many) {
            awaitStatus(id, "RESERVED");
        }
        service.close();
        inDatabase("TRUNCATE transfer_saga");
        south.comeBack();
        service = startService("--florin.transfer.reconcile-every=1h", "--florin.transfer.reconcile-after=500ms");

        for (String id : many) {
            assertThat(end(id).get("status").asString()).isEqualTo("COMPLETED");
        }
        assertBalances("49.50", "50.50");
    }

    /** Starts the service anew unless it runs with these settings. */
    private static void serviceWith(String... settings) {
        if (!List.of(settings).equals(runningWith)) {
            service.close();
            service = startService(settings);
        }
    }

    private static ConfigurableApplicationContext startService(String... settings) {
        runningWith = List.of(settings);
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                "--spring.datasource.url=" + database,
                "--spring.datasource.username=postgres",
                "--spring.datasource.password=postgres"));
        arguments.addAll(List.of(settings));
        return new SpringApplicationBuilder(TransferSagaApplication.class).run(arguments.toArray(String[]::new));
    }

    private String request(String euros) throws IOException, InterruptedException {
        return request(euros, to);
    }

    private String request(String euros, Iban target) throws IOException, InterruptedException {
        String id = "TRF-" + UUID.randomUUID();
        HttpResponse<String> accepted = send(at("/transfers")
                .header("Content-Type", "application/json")
                .header("X-Correlation-ID", "correlation-of-" + from)
                .POST(HttpRequest.BodyPublishers.ofString(
                        """
                                {"id":"%s","from":"%s","to":"%s","amount":{"value":"%s","currency":"EUR"},"reference":"rent"}"""
                                .formatted(id, from, target, euros))));
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        return id;
    }

    private static void awaitStatus(String id, String status) {
        await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .until(() -> json(get("/transfers/" + id)).path("status").asString(""), status::equals);
    }

    private static void awaitEvent(String id, String event) {
        // No answer: again.
        await().atMost(PATIENCE).ignoreExceptionsInstanceOf(IOException.class).until(() -> events(id)
                .anyMatch(event::equals));
    }

    private static JsonNode end(String id) throws IOException, InterruptedException {
        return json(get("/transfers/" + id + "?wait=60s"));
    }

    private static void inDatabase(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database, "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static JsonNode timeline(String id) throws IOException, InterruptedException {
        return json(get("/transfers/" + id + "/timeline")).path("steps");
    }

    private static Stream<String> events(String id) throws IOException, InterruptedException {
        return texts(timeline(id), "event");
    }

    private static Stream<String> texts(JsonNode steps, String field) {
        List<String> texts = new ArrayList<>();
        steps.forEach(step -> texts.add(step.path(field).asString("")));
        return texts.stream();
    }

    private static List<String> ids(String path) throws IOException, InterruptedException {
        return texts(json(get(path)).get("transfers"), "id").toList();
    }

    private static Money eur(String value) {
        return Money.of(value, "EUR");
    }

    private void assertBalances(String source, String target) {
        assertThat(north.balance(from)).isEqualTo(eur(source));
        assertThat(south.balance(to)).isEqualTo(eur(target));
    }

    private static void assertProblem(HttpResponse<String> response, int status, String type) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(json(response).get("type").asString()).endsWith("/" + type);
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    private static HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return send(at(path).POST(HttpRequest.BodyPublishers.noBody()));
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(at(path));
    }

    private static HttpRequest.Builder at(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://localhost:" + service.getEnvironment().getProperty("local.server.port") + path));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
