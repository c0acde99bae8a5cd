package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.kit.Correlation;
import florin.kit.QueryLimit;
import florin.kit.TestPlatform;
import florin.money.Money;
import florin.transfer.api.FindTransferTimeline;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import florin.transfer.api.TransferTimeline;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.config.EventProcessingModule;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.EventProcessor;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.modelling.saga.AssociationValue;
import org.axonframework.modelling.saga.AssociationValuesImpl;
import org.axonframework.modelling.saga.repository.SagaStore;
import org.axonframework.serialization.Serializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as it runs: a real event store, a real database, HTTP; the branches keep their accounts in memory. */
class TransferServiceTest {

    private static final AtomicLong ACCOUNTS = new AtomicLong();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration PATIENCE = Duration.ofSeconds(50);

    private static String database;
    private static ConfigurableApplicationContext service;
    private static AccountBook north;
    private static AccountBook south;

    private final Iban from = Iban.of("FLNO", ACCOUNTS.incrementAndGet());
    private final Iban to = Iban.of("FLSO", ACCOUNTS.incrementAndGet());

    @BeforeAll
    static void start() {
        database = TestPlatform.freshDatabaseUrl("transfer_saga");
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
    void money_moves_between_branches() throws Exception {
        HttpResponse<String> accepted = post(transfer(null, "30.00"), null);
        assertThat(accepted.statusCode()).isEqualTo(202);
        JsonNode receipt = JSON.readTree(accepted.body());
        assertThat(receipt.get("status").asString()).isEqualTo("RECEIVED");
        String location = accepted.headers().firstValue("Location").orElseThrow();
        assertThat(location).isEqualTo("/transfers/" + receipt.get("id").asString());

        JsonNode done = JSON.readTree(get(location + "?wait=30s").body());
        assertThat(done.get("status").asString()).isEqualTo("COMPLETED");
        assertThat(done.get("from").asString()).isEqualTo(from.value());
        assertThat(done.get("to").asString()).isEqualTo(to.value());
        assertThat(done.get("amount").get("value").asString()).isEqualTo("30.00");
        assertThat(done.get("reference").asString()).isEqualTo("rent");
        assertThat(done.has("reason")).isFalse();
        assertThat(Instant.parse(done.get("updatedAt").asString()))
                .isAfterOrEqualTo(Instant.parse(done.get("requestedAt").asString()));
        assertBalances("70.00", "30.00");
    }

    @Test
    void the_correlation_id_of_the_request_is_shown() throws Exception {
        HttpResponse<String> accepted = send(request("/transfers")
                .header("X-Correlation-ID", "a-correlation")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(transfer(null, "1.00"))));
        JsonNode shown = JSON.readTree(
                get(accepted.headers().firstValue("Location").orElseThrow()).body());
        assertThat(shown.get("correlationId").asString()).isEqualTo("a-correlation");
    }

    @Test
    void a_transfer_without_funds_fails_with_the_reason() throws Exception {
        JsonNode failed = outcome(transfer(null, "100.01"));
        assertThat(failed.get("status").asString()).isEqualTo("FAILED");
        assertThat(failed.get("reason").asString()).isEqualTo("AM04");
        assertBalances("100.00", "0.00");
    }

    @Test
    void a_transfer_to_an_unknown_account_gives_the_reserved_amount_back() throws Exception {
        Iban nobody = Iban.of("FLSO", 999_999);
        JsonNode failed = outcome(transfer(null, "10.00").replace(to.value(), nobody.value()));
        assertThat(failed.get("status").asString()).isEqualTo("FAILED");
        assertThat(failed.get("reason").asString()).isEqualTo("AC01");
        assertBalances("100.00", "0.00");
    }

    @Test
    void a_request_under_the_same_key_is_answered_as_before_and_moves_nothing() throws Exception {
        String key = UUID.randomUUID().toString();
        HttpResponse<String> first = post(transfer(null, "5.00"), key);
        HttpResponse<String> second = post(transfer(null, "5.00"), key);
        assertThat(second.statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(second.body())).isEqualTo(JSON.readTree(first.body()));
        assertThat(outcomeOf(first).get("status").asString()).isEqualTo("COMPLETED");
        assertBalances("95.00", "5.00");

        HttpResponse<String> other = post(transfer(null, "6.00"), key);
        assertProblem(other, 422, "idempotency-key-reused");
    }

    @Test
    void a_client_that_cannot_read_the_answer_is_refused_before_anything_is_done() throws Exception {
        for (String accept : List.of("text/html", "nonsense")) {
            String id = "TRF-" + UUID.randomUUID();
            HttpResponse<String> refused = send(request("/transfers")
                    .header("Accept", accept)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(transfer(id, "1.00"))));
            assertProblem(refused, 406, "not-acceptable");
            assertProblem(get("/transfers/" + id), 404, "unknown-transfer");
        }
        outcome(transfer(null, "2.00"));
        assertBalances("98.00", "2.00");
    }

    @Test
    void a_request_under_the_same_id_answers_how_far_the_transfer_is() throws Exception {
        String id = "TRF-" + UUID.randomUUID();
        outcome(transfer(id, "5.00"));
        HttpResponse<String> second = post(transfer(id, "5.00"), null);
        assertThat(second.statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(second.body()).get("status").asString()).isEqualTo("COMPLETED");
        assertBalances("95.00", "5.00");

        HttpResponse<String> conflict = post(transfer(id, "6.00"), null);
        assertProblem(conflict, 422, "transfer-conflict");
        assertThat(JSON.readTree(conflict.body()).get("reason").asString()).isEqualTo("AM05");
        assertBalances("95.00", "5.00");
    }

    @Test
    void what_cannot_be_right_is_refused_at_once() throws Exception {
        assertProblem(post(transfer(null, "1.00").replace(to.value(), from.value()), null), 422, "same-account");
        assertProblem(post(transfer(null, "0.00"), null), 400, "invalid-amount");
        assertProblem(post(transfer(null, "-1.00"), null), 400, "invalid-amount");
        assertProblem(post(transfer(null, "1.001"), null), 400, "invalid-amount");
        assertProblem(post(transfer(null, "1.00").replace("EUR", "XYZ"), null), 400, "unknown-currency");
        assertProblem(post(transfer(null, "1.00").replace(to.value(), "NL00FLSO1"), null), 400, "invalid-iban");
        assertProblem(post(transfer("TRANSFER", "1.00"), null), 400, "invalid-transfer-id");
        assertProblem(post(transfer(null, "1.00").replace("rent", " "), null), 400, "invalid-request");
        assertProblem(post(transfer(null, "1.00").replace("rent", "rent\\u0000"), null), 400, "invalid-request");
        assertProblem(post(transfer(null, "1.00").replace("rent", "rent\\ud83d"), null), 400, "invalid-request");
        assertProblem(post(transfer(null, "1.00").replace("reference", "note"), null), 400, "unknown-field");
        assertProblem(post("{", null), 400, "malformed-json");
        assertBalances("100.00", "0.00");
    }

    @Test
    void a_transfer_that_nobody_asked_for_is_not_found() throws Exception {
        assertProblem(get("/transfers/TRF-nobody"), 404, "unknown-transfer");
        assertProblem(get("/transfers/nonsense"), 400, "invalid-transfer-id");
    }

    @Test
    void a_transfer_that_the_database_does_not_show_in_time_is_asked_for_again_later() throws Exception {
        HttpResponse<String> accepted = post(transfer(null, "1.00"), null);
        assertThat(outcomeOf(accepted).get("status").asString()).isEqualTo("COMPLETED");
        String location = accepted.headers().firstValue("Location").orElseThrow();
        try (Connection other = DriverManager.getConnection(database, "postgres", "postgres");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE transfer_view, transfer_step");
            for (String path : List.of(location, location + "/timeline")) {
                HttpResponse<String> refused = get(path);
                assertProblem(refused, 503, "database-unavailable");
                assertThat(refused.body()).contains("took too long");
            }
            other.rollback();
        }
        assertThat(get(location).statusCode()).isEqualTo(200);
    }

    @Test
    void nobody_waits_longer_than_a_minute() throws Exception {
        assertProblem(get("/transfers/TRF-1?wait=61s"), 400, "invalid-request");
        assertProblem(get("/transfers/TRF-1?wait=soon"), 400, "invalid-request");
    }

    @Test
    void a_wait_ends_when_its_time_is_up() throws Exception {
        south.close();
        HttpResponse<String> accepted = post(transfer(null, "7.00"), null);
        String location = accepted.headers().firstValue("Location").orElseThrow();
        await().atMost(PATIENCE).until(() -> status(location).equals("RESERVED"));

        Instant before = Instant.now();
        JsonNode waited = JSON.readTree(get(location + "?wait=500ms").body());
        Duration duration = Duration.between(before, Instant.now());
        reopenSouth();
        assertThat(duration).isGreaterThan(Duration.ofMillis(450));
        assertThat(waited.get("status").asString()).isEqualTo("RESERVED");
        JsonNode done = JSON.readTree(get(location + "?wait=40s").body());
        assertThat(done.get("status").asString()).isEqualTo("COMPLETED");
        assertBalances("93.00", "7.00");
    }

    @Test
    void a_wait_ends_as_soon_as_the_transfer_is_final() throws Exception {
        south.close();
        HttpResponse<String> accepted = post(transfer(null, "8.00"), null);
        String location = accepted.headers().firstValue("Location").orElseThrow();
        CompletableFuture<HttpResponse<String>> waiting =
                HTTP.sendAsync(request(location + "?wait=60s").build(), HttpResponse.BodyHandlers.ofString());
        await().atMost(PATIENCE).until(() -> status(location).equals("RESERVED"));
        boolean early = waiting.isDone();
        reopenSouth();
        assertThat(early).isFalse();
        assertThat(waiting).succeedsWithin(PATIENCE);
        assertThat(JSON.readTree(waiting.join().body()).get("status").asString())
                .isEqualTo("COMPLETED");
    }

    @Test
    void a_transfer_survives_a_restart_of_the_service_and_who_waits_for_it_then_is_told_how_it_stands()
            throws Exception {
        south.close();
        String id = "TRF-" + UUID.randomUUID();
        String location = "/transfers/" + id;
        CompletableFuture<HttpResponse<String>> accepted = HTTP.sendAsync(
                request("/transfers")
                        .header("Content-Type", "application/json")
                        .header("Prefer", "wait=60")
                        .POST(HttpRequest.BodyPublishers.ofString(transfer(id, "9.00")))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        await().atMost(PATIENCE).until(() -> get(location).statusCode() == 200);
        await().atMost(PATIENCE).until(() -> status(location).equals("RESERVED"));
        CompletableFuture<HttpResponse<String>> shown =
                HTTP.sendAsync(request(location + "?wait=60s").build(), HttpResponse.BodyHandlers.ofString());
        await().atMost(PATIENCE)
                .until(() -> service.getBean(TransferWatch.class).waiters() == 2);
        service.close();
        assertThat(accepted.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(shown.get(60, TimeUnit.SECONDS).body())
                        .get("status")
                        .asString())
                .isEqualTo("RESERVED");
        reopenSouth();
        service = startService();
        JsonNode done = JSON.readTree(get(location + "?wait=40s").body());
        assertThat(done.get("status").asString()).isEqualTo("COMPLETED");
        assertBalances("91.00", "9.00");
    }

    /** A process takes a transfer that it does not remember as new, until the event store tells. */
    @Test
    void a_transfer_of_before_a_restart_is_not_asked_for_again() throws Exception {
        List<String> ids = List.of("TRF-" + UUID.randomUUID(), "TRF-" + UUID.randomUUID(), "TRF-" + UUID.randomUUID());
        for (String id : ids) {
            assertThat(outcome(transfer(id, "5.00")).get("status").asString()).isEqualTo("COMPLETED");
        }
        service.close();
        service = startService();

        HttpResponse<String> again = post(transfer(ids.get(0), "5.00"), null);
        assertThat(again.statusCode()).as(again.body()).isEqualTo(202);
        assertThat(JSON.readTree(again.body()).get("status").asString()).isEqualTo("COMPLETED");
        assertProblem(post(transfer(ids.get(1), "6.00"), null), 422, "transfer-conflict");
        assertProblem(tell(ids.get(2), "cancel"), 409, "transfer-final");
        assertProblem(tell("TRF-nobody-again", "cancel"), 404, "unknown-transfer");
        for (String id : ids) {
            assertDoneOnce(id);
        }
        assertBalances("85.00", "15.00");
    }

    @Test
    void two_processes_that_are_asked_for_one_transfer_at_once_do_it_once() throws Exception {
        ConfigurableApplicationContext other = startService();
        // Tokens are claimed by the name of the process, which is one here: the other only handles commands.
        other.getBean(EventProcessingModule.class).eventProcessors().values().forEach(EventProcessor::shutDown);
        try {
            for (int time = 1; time <= 5; time++) {
                String id = "TRF-" + UUID.randomUUID();
                CompletableFuture<HttpResponse<String>> there = HTTP.sendAsync(
                        requestOf(other, "/transfers")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(transfer(id, "2.00")))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                HttpResponse<String> here = post(transfer(id, "1.00"), null);

                List<HttpResponse<String>> answers = List.of(here, there.join());
                assertThat(answers.stream().map(HttpResponse::statusCode))
                        .as("%s", answers.stream().map(HttpResponse::body).toList())
                        .containsExactlyInAnyOrder(202, 422);
                // The other's processors have let go of the claims of this one's, which takes them again.
                await().atMost(PATIENCE).until(() -> get("/transfers/" + id).statusCode() == 200);
                JsonNode done =
                        JSON.readTree(get("/transfers/" + id + "?wait=30s").body());
                assertThat(done.get("status").asString()).isEqualTo("COMPLETED");
                assertThat(done.get("amount").get("value").asString())
                        .isEqualTo(here.statusCode() == 202 ? "1.00" : "2.00");
                assertDoneOnce(id);
            }
        } finally {
            other.close();
        }
    }

    @Test
    void a_finished_transfer_leaves_no_saga_and_no_deadline() throws Exception {
        outcome(transfer(null, "1.00"));
        await().atMost(PATIENCE).until(() -> count("transfer_saga") == 0);
    }

    @Test
    @SuppressWarnings("unchecked")
    void what_another_process_has_done_to_a_saga_is_not_overwritten() {
        SagaStore<Object> store = service.getBean(SagaStore.class);
        String id = "saga of two";
        AssociationValue transfer = new AssociationValue("transferId", "TRF-of-two");
        transact(() -> store.insertSaga(TransferSaga.class, id, new TransferSaga(), Set.of(transfer)));
        transact(() -> assertThat(store.findSagas(TransferSaga.class, transfer)).containsExactly(id));
        List<Consumer<Object>> changes = List.of(
                saga -> store.updateSaga(TransferSaga.class, id, saga, new AssociationValuesImpl()),
                saga -> store.deleteSaga(TransferSaga.class, id, Set.of(transfer)));
        for (Consumer<Object> change : changes) {
            assertThatThrownBy(() -> transact(() -> {
                        Object read = store.loadSaga(TransferSaga.class, id).saga();
                        CompletableFuture.runAsync(() -> transact(() -> store.updateSaga(
                                        TransferSaga.class,
                                        id,
                                        store.loadSaga(TransferSaga.class, id).saga(),
                                        new AssociationValuesImpl())))
                                .join();
                        change.accept(read);
                    }))
                    .isInstanceOf(OptimisticLockingFailureException.class);
        }
        transact(() -> {
            assertThat(store.loadSaga(TransferSaga.class, id)).isNotNull();
            store.deleteSaga(TransferSaga.class, id, Set.of(transfer));
        });
        transact(() -> assertThat(store.findSagas(TransferSaga.class, transfer)).isEmpty());
    }

    @Test
    void a_saga_in_memory_gives_way_to_what_another_process_has_written() {
        TransferSagaStore here = service.getBean(TransferSagaStore.class);
        TransferSagaStore there =
                new TransferSagaStore(service.getBean(SagaRows.class), service.getBean("serializer", Serializer.class));
        String id = "saga in memory";
        AssociationValue transfer = new AssociationValue("transferId", "TRF-in-memory");
        transact(() -> here.insertSaga(TransferSaga.class, id, new TransferSaga(), Set.of(transfer)));
        transact(() -> update(there, id, transfer));
        assertThatThrownBy(() -> transact(() -> update(here, id, transfer)))
                .isInstanceOf(OptimisticLockingFailureException.class);
        transact(() -> update(here, id, transfer));
        transact(() -> update(here, id, transfer));
        transact(() -> {
            assertThat(here.findSagas(TransferSaga.class, transfer)).containsExactly(id);
            here.deleteSaga(TransferSaga.class, id, Set.of(transfer));
        });
        transact(() -> assertThat(here.findSagas(TransferSaga.class, transfer)).isEmpty());
    }

    @Test
    void a_deadline_that_was_put_off_is_not_carried_out_before() {
        TransferSagaStore store = service.getBean(TransferSagaStore.class);
        JdbcTemplate jdbc = service.getBean(JdbcTemplate.class);
        String id = "saga put off";
        AssociationValue transfer = new AssociationValue("transferId", "TRF-put-off");
        Instant first = Instant.now().plusSeconds(1).truncatedTo(ChronoUnit.MILLIS);
        Instant later = first.plus(Duration.ofHours(1));
        transact(() -> {
            store.deadlines(id).put(TransferSaga.RESEND, new SagaDeadline("first", first, "RESERVE-1"));
            store.insertSaga(TransferSaga.class, id, new TransferSaga(), Set.of(transfer));
        });
        transact(() -> {
            store.deadlines(id).put(TransferSaga.RESEND, new SagaDeadline("later", later, "CREDIT-1"));
            update(store, id, transfer);
        });
        await().atMost(PATIENCE).until(() -> jdbc.queryForList(
                        "SELECT due_at FROM transfer_saga WHERE saga_id = ? AND picked_until IS NULL",
                        Timestamp.class,
                        id)
                .equals(List.of(Timestamp.from(later))));
        assertThat(jdbc.queryForObject("SELECT version FROM transfer_saga WHERE saga_id = ?", Long.class, id))
                .as("written once since it was inserted")
                .isEqualTo(1);
        transact(() -> {
            assertThat(store.findSagas(TransferSaga.class, transfer)).containsExactly(id);
            store.deleteSaga(TransferSaga.class, id, Set.of(transfer));
        });
    }

    private static void update(TransferSagaStore store, String id, AssociationValue transfer) {
        assertThat(store.findSagas(TransferSaga.class, transfer)).containsExactly(id);
        Object saga = store.loadSaga(TransferSaga.class, id).saga();
        store.updateSaga(TransferSaga.class, id, saga, new AssociationValuesImpl());
    }

    @Test
    void a_request_that_prefers_to_wait_is_answered_with_the_outcome() throws Exception {
        String key = UUID.randomUUID().toString();
        for (int time = 0; time < 2; time++) {
            HttpResponse<String> done = send(request("/transfers")
                    .header("Content-Type", "application/json")
                    .header("Idempotency-Key", key)
                    .header("Prefer", "return=representation, wait=30")
                    .POST(HttpRequest.BodyPublishers.ofString(transfer(null, "3.00"))));
            assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
            assertThat(done.headers().firstValue("Preference-Applied")).contains("wait=30");
            JsonNode shown = JSON.readTree(done.body());
            assertThat(shown.get("status").asString()).isEqualTo("COMPLETED");
            assertThat(done.headers().firstValue("Location"))
                    .contains("/transfers/" + shown.get("id").asString());
        }
        assertBalances("97.00", "3.00");
    }

    @Test
    void a_preference_to_wait_ends_with_the_receipt_when_its_time_is_up() throws Exception {
        south.close();
        HttpResponse<String> accepted = send(request("/transfers")
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=1")
                .POST(HttpRequest.BodyPublishers.ofString(transfer(null, "4.00"))));
        reopenSouth();
        assertThat(accepted.statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(accepted.body()).get("status").asString()).isEqualTo("RECEIVED");
        assertThat(outcomeOf(accepted).get("status").asString()).isEqualTo("COMPLETED");
    }

    @Test
    void a_preference_to_wait_holds_although_the_transfer_is_not_in_the_view_yet() throws Exception {
        EventProcessor view = service.getBean(EventProcessingConfiguration.class)
                .eventProcessor(TransferView.PROCESSOR)
                .orElseThrow();
        view.shutDown();
        CompletableFuture<HttpResponse<String>> waiting;
        try {
            waiting = HTTP.sendAsync(
                    request("/transfers")
                            .header("Content-Type", "application/json")
                            .header("Prefer", "wait=60")
                            .POST(HttpRequest.BodyPublishers.ofString(transfer(null, "5.00")))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            await().atMost(PATIENCE).untilAsserted(() -> assertBalances("95.00", "5.00"));
            await().atMost(PATIENCE)
                    .during(TransferWatch.APPEARANCE.plusSeconds(1))
                    .until(() -> !waiting.isDone());
        } finally {
            view.start();
        }
        HttpResponse<String> done = waiting.get(60, TimeUnit.SECONDS);
        assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
        assertThat(JSON.readTree(done.body()).get("status").asString()).isEqualTo("COMPLETED");
    }

    @Test
    void more_requests_may_wait_than_there_are_threads() throws Exception {
        south.close();
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int client = 0; client < 150; client++) {
            waiting.add(HTTP.sendAsync(
                    request("/transfers")
                            .header("Content-Type", "application/json")
                            .header("Prefer", "wait=60")
                            .POST(HttpRequest.BodyPublishers.ofString(transfer(null, "0.10")))
                            .build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        await().atMost(PATIENCE)
                .until(() -> JSON.readTree(get("/transfers?limit=500&status=RESERVED&account=" + from)
                                        .body())
                                .get("transfers")
                                .size()
                        == 150);
        boolean early = waiting.stream().anyMatch(CompletableFuture::isDone);
        reopenSouth();
        assertThat(early).isFalse();
        for (CompletableFuture<HttpResponse<String>> client : waiting) {
            HttpResponse<String> done = client.get(60, TimeUnit.SECONDS);
            assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
            assertThat(JSON.readTree(done.body()).get("status").asString()).isEqualTo("COMPLETED");
        }
        assertBalances("85.00", "15.00");
    }

    private static void transact(Runnable work) {
        handle(GenericEventMessage.asEventMessage("work"), work);
    }

    @Test
    void an_event_that_comes_again_counts_once_also_where_clocks_differ() {
        TransferView view = service.getBean(TransferView.class);
        TransferId id = new TransferId("TRF-" + UUID.randomUUID());
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        var requested =
                event(0, new TransferRequested(id, from, to, Money.of("1.00", "EUR"), "rent"), now.minusSeconds(20));
        var parked = event(1, new TransferParked(id, TransferStep.RESERVE, "no answer"), now);
        var resumedBehind = event(2, new TransferResumed(id, null), now.minusSeconds(10));
        handle(requested, () -> view.on(requested.getPayload(), null, requested));
        handle(parked, () -> view.on(parked.getPayload(), parked));
        handle(resumedBehind, () -> view.on(resumedBehind.getPayload(), resumedBehind));
        handle(parked, () -> view.on(parked.getPayload(), parked));
        handle(requested, () -> view.on(requested.getPayload(), null, requested));

        TransferDetails shown = shown(id);
        assertThat(shown.status()).isEqualTo(TransferStatus.RECEIVED);
        assertThat(shown.updatedAt()).isEqualTo(now.plusMillis(1));
        assertThat(view.find(new FindTransferTimeline(id)).steps())
                .extracting(TransferTimeline.Entry::event)
                .containsExactly("TransferRequested", "TransferParked", "TransferResumed");
        assertThat(service.getBean(TransferTimelines.class).letGoOnAt(id)).isEqualTo(2);
        var failed = event(3, new TransferFailed(id, RefusalReason.AC01), now.plusMillis(2));
        handle(failed, () -> view.on(failed.getPayload(), failed));
        assertThat(shown(id).status()).isEqualTo(TransferStatus.FAILED);
    }

    @Test
    void a_transfer_that_is_parked_for_the_longest_reason_is_shown() {
        TransferView view = service.getBean(TransferView.class);
        TransferId id = new TransferId("TRF-" + UUID.randomUUID());
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        var requested = event(0, new TransferRequested(id, from, to, Money.of("1.00", "EUR"), "rent"), now);
        String reason = "x".repeat(500);
        var parked = event(1, new TransferParked(id, TransferStep.CAPTURE, reason), now.plusMillis(1));
        handle(requested, () -> view.on(requested.getPayload(), null, requested));
        handle(parked, () -> view.on(parked.getPayload(), parked));

        assertThat(shown(id).status()).isEqualTo(TransferStatus.PARKED);
        assertThat(view.find(new FindTransferTimeline(id)).steps().get(1).detail())
                .hasSize(500)
                .startsWith("CAPTURE: xxx");
        assertThat(service.getBean(TransferTimelines.class).letGoOnAt(id)).isZero();
        var ended = event(2, new TransferFailed(id, RefusalReason.AC01), now.plusMillis(2));
        handle(ended, () -> view.on(ended.getPayload(), ended));
    }

    @Test
    void a_transfer_with_texts_that_are_too_long_for_their_columns_is_shown() {
        TransferView view = service.getBean(TransferView.class);
        TransferId id = new TransferId("TRF-" + UUID.randomUUID());
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        String correlationId = "c".repeat(300);
        TransferRequested payload = new TransferRequested(id, from, to, Money.of("1.00", "EUR"), "r".repeat(200));
        var requested = event(0, payload, now).andMetaData(Map.of(Correlation.KEY, correlationId));
        handle(requested, () -> view.on(payload, correlationId, requested));

        TransferDetails shown = shown(id);
        assertThat(shown.reference()).isEqualTo("r".repeat(140));
        assertThat(shown.correlationId()).isEqualTo("c".repeat(255));
        assertThat(view.find(new FindTransferTimeline(id)).steps().get(0).correlationId())
                .isEqualTo("c".repeat(255));
        var ended = event(1, new TransferFailed(id, RefusalReason.AC01), now.plusMillis(1));
        handle(ended, () -> view.on(ended.getPayload(), ended));
    }

    @Test
    void a_transfer_that_appears_late_is_waited_for_all_the_same() throws Exception {
        TransferId id = new TransferId("TRF-" + UUID.randomUUID());
        Instant now = Instant.now();
        TransferRow row =
                new TransferRow(new TransferRequested(id, from, to, Money.of("1.00", "EUR"), "rent"), null, now);
        CountDownLatch appeared = new CountDownLatch(2);
        CountDownLatch lookedFor = new CountDownLatch(2);
        TransferWatch watch = new TransferWatch(
                new TransferRows(null) {
                    @Override
                    Optional<TransferRow> find(String transfer) {
                        appeared.countDown();
                        return appeared.getCount() == 0 ? Optional.of(row) : Optional.empty();
                    }

                    @Override
                    List<TransferRow> find(Collection<String> transfers) {
                        if (appeared.getCount() == 0) {
                            lookedFor.countDown();
                        }
                        return List.of(); // Another process shows it just after this look.
                    }
                },
                service.getBean(QueryLimit.class));
        watch.start();
        try {
            CompletableFuture<Optional<TransferDetails>> waiting = watch.await(id, Waiting.LONGEST);
            assertThat(lookedFor.await(60, TimeUnit.SECONDS)).isTrue();
            TransferRow ended = new TransferRow(row.request(), null, now);
            ended.advance(TransferStatus.COMPLETED, now);
            watch.see(ended.details());

            assertThat(waiting.get(60, TimeUnit.SECONDS))
                    .map(TransferDetails::status)
                    .contains(TransferStatus.COMPLETED);
        } finally {
            watch.stop();
        }
    }

    private static TransferDetails shown(TransferId id) {
        return service.getBean(TransferRows.class)
                .find(id.value())
                .orElseThrow()
                .details();
    }

    private static <T extends TransferEvent> EventMessage<T> event(long position, T payload, Instant at) {
        return new GenericDomainEventMessage<>(
                "Transfer",
                payload.transferId().value(),
                position,
                payload,
                MetaData.emptyInstance(),
                UUID.randomUUID().toString(),
                at);
    }

    private static void handle(EventMessage<?> event, Runnable handler) {
        DefaultUnitOfWork<EventMessage<?>> unit = DefaultUnitOfWork.startAndGet(event);
        unit.attachTransaction(service.getBean(TransactionManager.class));
        unit.execute(handler);
    }

    @Test
    void many_transfers_at_once_all_complete() throws Exception {
        String[] locations = new String[40];
        for (int index = 0; index < locations.length; index++) {
            locations[index] = post(transfer(null, "1.00"), null)
                    .headers()
                    .firstValue("Location")
                    .orElseThrow();
        }
        for (String location : locations) {
            assertThat(JSON.readTree(get(location + "?wait=60s").body())
                            .get("status")
                            .asString())
                    .isEqualTo("COMPLETED");
        }
        assertBalances("60.00", "40.00");
    }

    @Test
    void its_probes_are_up_and_its_interface_is_described() throws Exception {
        assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> get("/actuator/health/readiness").statusCode() == 200);
        String text = get("/v3/api-docs").body();
        assertThat(text).contains("/transfers/{id}", "TRF-2026-0001", "Idempotency-Key");
        JsonNode description = JSON.readTree(text);
        JsonNode answers = description.at("/paths/~1transfers/post/responses");
        assertThat(answers.at("/200/content/application~1json/schema/$ref").asString())
                .endsWith("/TransferDetails");
        assertThat(answers.at("/202/content/application~1json/schema/$ref").asString())
                .endsWith("/TransferReceipt");
        assertThat(description.path("paths").findValues("responses"))
                .isNotEmpty()
                .allSatisfy(responses -> {
                    assertThat(responses.propertyNames()).contains("default");
                    responses.forEachEntry((status, answer) -> assertThat(
                                    answer.path("content").propertyNames())
                            .as(status)
                            .containsExactly(status.startsWith("2") ? "application/json" : "application/problem+json"));
                });
        assertThat(description.at("/components/schemas/Problem/properties").propertyNames())
                .contains("type", "detail", "correlationId", "reason");
    }

    private void reopenSouth() {
        south = AccountBook.open("FLSO", TestPlatform.axonServerPort());
        south.deposit(to, "0.00");
    }

    private static ConfigurableApplicationContext startService() {
        return new SpringApplicationBuilder(TransferSagaApplication.class)
                .run(
                        "--server.port=0",
                        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                        "--spring.datasource.url=" + database,
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres");
    }

    private String transfer(String id, String euros) {
        return """
                {%s"from":"%s","to":"%s","amount":{"value":"%s","currency":"EUR"},"reference":"rent"}"""
                .formatted(id == null ? "" : "\"id\":\"" + id + "\",", from, to, euros);
    }

    private static JsonNode outcome(String transfer) throws IOException, InterruptedException {
        return outcomeOf(post(transfer, null));
    }

    private static JsonNode outcomeOf(HttpResponse<String> accepted) throws IOException, InterruptedException {
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        return JSON.readTree(get(accepted.headers().firstValue("Location").orElseThrow() + "?wait=30s")
                .body());
    }

    private static String status(String location) throws IOException, InterruptedException {
        return JSON.readTree(get(location).body()).get("status").asString();
    }

    private static long count(String table) {
        return service.getBean(JdbcClient.class)
                .sql("SELECT count(*) FROM " + table)
                .query(Long.class)
                .single();
    }

    private void assertBalances(String source, String target) {
        assertThat(north.balance(from)).isEqualTo(Money.of(source, "EUR"));
        assertThat(south.balance(to)).isEqualTo(Money.of(target, "EUR"));
    }

    /** An event for each step, none twice. */
    private static void assertDoneOnce(String id) throws IOException, InterruptedException {
        JsonNode steps =
                JSON.readTree(get("/transfers/" + id + "/timeline").body()).get("steps");
        assertThat(steps.size()).as("%s", steps).isEqualTo(5);
    }

    private static HttpResponse<String> tell(String id, String what) throws IOException, InterruptedException {
        return send(request("/transfers/" + id + "/" + what).POST(HttpRequest.BodyPublishers.noBody()));
    }

    private static void assertProblem(HttpResponse<String> response, int status, String type) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains("/" + type);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(JSON.readTree(response.body()).get("type").asString()).endsWith("/" + type);
    }

    private static HttpResponse<String> post(String body, String key) throws IOException, InterruptedException {
        HttpRequest.Builder request = request("/transfers").header("Content-Type", "application/json");
        if (key != null) {
            request.header("Idempotency-Key", key);
        }
        return send(request.POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    private static HttpRequest.Builder request(String path) {
        return requestOf(service, path);
    }

    private static HttpRequest.Builder requestOf(ConfigurableApplicationContext process, String path) {
        return HttpRequest.newBuilder(
                URI.create("http://localhost:" + process.getEnvironment().getProperty("local.server.port") + path));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
