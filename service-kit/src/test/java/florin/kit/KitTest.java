package florin.kit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import florin.account.api.AccountRefusal;
import florin.account.api.CaptureReservation;
import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationState;
import florin.money.Money;
import florin.transfer.api.TransferId;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.event.Event;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.axonframework.axonserver.connector.AxonServerConfiguration;
import org.axonframework.axonserver.connector.AxonServerConnectionManager;
import org.axonframework.axonserver.connector.query.AxonServerQueryBus;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.Configuration;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
import org.axonframework.messaging.ResultMessage;
import org.axonframework.messaging.annotation.MetaDataValue;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.modelling.command.ConcurrencyException;
import org.axonframework.queryhandling.DefaultQueryGateway;
import org.axonframework.queryhandling.QueryGateway;
import org.axonframework.queryhandling.QueryHandler;
import org.axonframework.queryhandling.QueryUpdateEmitter;
import org.axonframework.queryhandling.SimpleQueryBus;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedType;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedType;
import org.axonframework.serialization.UnknownSerializedType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.jdbc.PgConnection;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The kit in a small service of the test's own, against a real event store and database. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "spring.config.import=classpath:florin-service.yml",
            "florin.branch=FLNO",
            "florin.database.query-timeout=2"
        })
class KitTest {
    /** Where those of a service are made. */
    static final String TABLES = "classpath:db/kit,classpath:db/kit-tests";

    private static final Duration PATIENCE = Duration.ofSeconds(25);
    private static final Iban NORTH = Iban.of("FLNO", 1);
    private static final Iban SOUTH = Iban.of("FLSO", 1);

    @LocalServerPort
    private int port;

    @Autowired
    private CommandGateway commands;

    @Autowired
    private TransactionManager transactions;

    @Autowired
    private PlatformTransactionManager platformTransactions;

    @Autowired
    private JdbcClient jdbc;

    @Autowired
    private DataSource database;

    @Autowired
    private IdempotentRequests requests;

    @Autowired
    private AxonServerConnectionManager eventStore;

    @Autowired
    private Configuration axon;

    @Autowired
    private TokenStore tokens;

    @Autowired
    private AxonServerConfiguration axonServer;

    private final HttpClient http = HttpClient.newHttpClient();
    private final JsonMapper json = JsonMapper.builder().build();

    @DynamicPropertySource
    static void platform(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "kit");
        registry.add("spring.flyway.locations", () -> TABLES);
    }

    @SpringBootApplication
    @Import({Handler.class, Queries.class, Controller.class})
    static class Application {}

    record Payment(@NotBlank String reference, Money amount) {}

    @Component
    static class Handler {
        @CommandHandler
        ReservationState handle(CaptureReservation command, @MetaDataValue(Correlation.KEY) String correlationId) {
            if (command.transferId().value().equals("TRF-refused")) {
                throw new CommandExecutionException(
                        "refused", null, new AccountRefusal(RefusalReason.AM04, "10.00 EUR are not available"));
            }
            if (command.transferId().value().equals("TRF-overtaken")) {
                throw new ConcurrencyException("another event came first");
            }
            if (command.transferId().value().equals("TRF-not-stored")) {
                throw new EventStoreException("not stored", Status.UNAVAILABLE.asRuntimeException());
            }
            if (!correlationId.equals("the-correlation")) {
                throw new IllegalStateException("The correlation id is " + correlationId);
            }
            return ReservationState.CAPTURED;
        }
    }

    record CountPayments(boolean overALostConnection) {}

    /** A query that PostgreSQL would work at for an hour. */
    record CountForLong() {}

    @Component
    static class Queries {
        private final JdbcClient database;

        Queries(JdbcClient database) {
            this.database = database;
        }

        @QueryHandler
        Long handle(CountPayments query) {
            if (query.overALostConnection()) {
                database.sql("SELECT pg_terminate_backend(pg_backend_pid())")
                        .query(Boolean.class)
                        .single();
            }
            return database.sql("SELECT count(*) FROM idempotency_key")
                    .query(Long.class)
                    .single();
        }

        @QueryHandler
        Long handle(CountForLong query) {
            return database.sql("SELECT count(pg_sleep(3600))")
                    .query(Long.class)
                    .single();
        }
    }

    @RestController
    @RequestMapping("/payments")
    static class Controller {
        static final AtomicInteger EFFECTS = new AtomicInteger();
        static volatile CountDownLatch gate = new CountDownLatch(0);
        static volatile Supplier<RuntimeException> fault;
        static volatile String operation;

        private final IdempotentRequests requests;
        private final CommandGateway commands;
        private final QueryGateway queries;
        private final Queries handlers;
        private final QueryLimit limit;

        Controller(
                IdempotentRequests requests,
                CommandGateway commands,
                QueryGateway queries,
                Queries handlers,
                QueryLimit limit) {
            this.requests = requests;
            this.commands = commands;
            this.queries = queries;
            this.handlers = handlers;
            this.limit = limit;
        }

        @PostMapping
        ResponseEntity<?> pay(
                @RequestHeader(name = "Idempotency-Key", required = false) String key,
                @Valid @RequestBody Payment payment) {
            Function<String, ResponseEntity<?>> action = operationId -> {
                operation = operationId;
                await(gate);
                Supplier<RuntimeException> now = fault;
                if (now != null) {
                    throw now.get();
                }
                return ResponseEntity.created(URI.create("/payments/1"))
                        .body(Map.of("number", EFFECTS.incrementAndGet(), "amount", String.valueOf(payment.amount())));
            };
            return requests.run(key, "POST /payments", payment, action);
        }

        @GetMapping("/{iban}/{transfer}")
        CompletableFuture<ReservationState> capture(@PathVariable Iban iban, @PathVariable String transfer) {
            return commands.send(new CaptureReservation(iban, new TransferId(transfer)));
        }

        @GetMapping("/count")
        CompletableFuture<Long> count(@RequestParam(defaultValue = "false") boolean overALostConnection) {
            return queries.query(new CountPayments(overALostConnection), ResponseTypes.instanceOf(Long.class));
        }

        @GetMapping("/count-for-long")
        CompletableFuture<Long> countForLong() {
            return queries.query(new CountForLong(), ResponseTypes.instanceOf(Long.class));
        }

        @GetMapping("/count-for-long-here")
        Long countForLongHere() {
            return limit.read(() -> handlers.handle(new CountForLong()));
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private HttpResponse<String> post(String key, String body) {
        HttpRequest.Builder request =
                request("/payments").header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
        if (key != null) {
            request.header("Idempotency-Key", key);
        }
        return send(request);
    }

    private HttpResponse<String> get(String path) {
        return send(request(path).header(Correlation.HEADER, "the-correlation"));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                    .get(60, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | java.util.concurrent.TimeoutException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static String payment(String value) {
        return "{\"reference\":\"rent\",\"amount\":{\"value\":\"" + value + "\",\"currency\":\"EUR\"}}";
    }

    private void assertProblem(HttpResponse<String> response, int status, String type) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = json.readTree(response.body());
        assertThat(problem.get("type").asString()).isEqualTo("https://florin.dev/problems/" + type);
        assertThat(problem.get("correlationId").asString())
                .isEqualTo(response.headers().firstValue(Correlation.HEADER).orElseThrow());
        assertThat(problem.get("detail").asString()).isNotBlank();
    }

    @Test
    void aTableIsReadByItsIndexHoweverSmallItIsWhenAStatementIsPlanned() {
        String plan = String.join(
                "\n",
                jdbc.sql("EXPLAIN " + IdempotentRequests.FORGET)
                        .param("retention", 60)
                        .param("limit", 20)
                        .param("key", "one")
                        .query(String.class)
                        .list());

        assertThat(plan).contains("Index Cond").doesNotContain("Seq Scan");
    }

    @Test
    void nothing_stands_of_what_a_failed_unit_of_work_has_written() {
        DefaultUnitOfWork<?> unit = DefaultUnitOfWork.startAndGet(GenericEventMessage.asEventMessage("work"));
        unit.attachTransaction(transactions);
        String key = UUID.randomUUID().toString();
        ResultMessage<?> result = unit.executeWithResult(() -> {
            assertThat(jdbc.sql(
                                    "INSERT INTO idempotency_key (key, request_hash, operation_id, created_at, leased_until)"
                                            + " VALUES (:key, '', '', now(), now())")
                            .param("key", key)
                            .update())
                    .isEqualTo(1);
            throw new IllegalStateException("it fails");
        });
        assertThat(result.isExceptional()).isTrue();
        assertThat(jdbc.sql("SELECT count(*) FROM idempotency_key WHERE key = :key")
                        .param("key", key)
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    @Test
    void aRepeatedRequestGetsTheFirstAnswerAndHasOneEffect() {
        String key = UUID.randomUUID().toString();
        HttpResponse<String> first = post(key, payment("1.00"));
        int effects = Controller.EFFECTS.get();
        HttpResponse<String> second = post(key, payment("1.00"));
        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(second.statusCode()).isEqualTo(201);
        assertThat(json.readTree(second.body())).isEqualTo(json.readTree(first.body()));
        assertThat(second.headers().firstValue("Location"))
                .isEqualTo(first.headers().firstValue("Location"));
        assertThat(second.headers().firstValue(IdempotentRequests.REPLAYED)).hasValue("true");
        assertThat(Controller.EFFECTS).hasValue(effects);
    }

    @Test
    void aKeyOfAnotherRequestIsRefused() {
        String key = UUID.randomUUID().toString();
        post(key, payment("1.00"));
        assertProblem(post(key, payment("2.00")), 422, "idempotency-key-reused");
        assertProblem(post("a blank", payment("2.00")), 400, "invalid-idempotency-key");
    }

    @Test
    void aRequestThatStillRunsIsNotStartedTwice() {
        String key = UUID.randomUUID().toString();
        Controller.gate = new CountDownLatch(1);
        Controller.operation = null;
        int effects = Controller.EFFECTS.get();
        CompletableFuture<HttpResponse<String>> first = CompletableFuture.supplyAsync(() -> post(key, payment("3.00")));
        Awaitility.await().atMost(PATIENCE).until(() -> Controller.operation != null);
        assertProblem(post(key, payment("3.00")), 409, "request-in-progress");
        Controller.gate.countDown();
        assertThat(first.join().statusCode()).isEqualTo(201);
        assertThat(post(key, payment("3.00")).statusCode()).isEqualTo(201);
        assertThat(Controller.EFFECTS).hasValue(effects + 1);
    }

    @Test
    void aFaultGivesTheKeyBackUnderTheSameOperation() {
        String key = UUID.randomUUID().toString();
        Controller.fault = () -> new IllegalStateException("a fault of the test");
        assertProblem(post(key, payment("4.00")), 500, "internal-error");
        String operation = Controller.operation;
        Controller.fault = null;
        assertThat(post(key, payment("4.00")).statusCode()).isEqualTo(201);
        assertThat(Controller.operation).isEqualTo(operation);
    }

    @Test
    void anAttemptAfterTheRecordOfTheFirstWasLostIsTheSameOperation() {
        String key = UUID.randomUUID().toString();
        assertThat(post(key, payment("4.00")).statusCode()).isEqualTo(201);
        String operation = Controller.operation;
        assertThat(UUID.fromString(operation).version()).isEqualTo(8);
        assertThat(UUID.fromString(operation).variant()).isEqualTo(2);
        forget(key);
        assertThat(post(key, payment("4.00")).statusCode()).isEqualTo(201);
        assertThat(Controller.operation).isEqualTo(operation);
        forget(key);
        assertThat(post(key, payment("4.01")).statusCode()).isEqualTo(201);
        assertThat(Controller.operation).isNotEqualTo(operation);
    }

    private void forget(String key) {
        assertThat(jdbc.sql("DELETE FROM idempotency_key WHERE key = :key")
                        .param("key", key)
                        .update())
                .isOne();
    }

    @Test
    void anAttemptThatTookLongerThanItsLeaseGetsTheAnswerOfTheOneThatTookOver() {
        String key = UUID.randomUUID().toString();
        Controller.gate = new CountDownLatch(1);
        Controller.operation = null;
        Controller.fault = () -> new ProblemException(ProblemType.INSUFFICIENT_FUNDS, "not enough, at that time");
        CompletableFuture<HttpResponse<String>> slow = CompletableFuture.supplyAsync(() -> post(key, payment("6.00")));
        Awaitility.await().atMost(PATIENCE).until(() -> Controller.operation != null);
        assertThat(jdbc.sql("UPDATE idempotency_key SET status = 201, body = '{\"number\":7}' WHERE key = :key")
                        .param("key", key)
                        .update())
                .isOne();
        Controller.gate.countDown();

        HttpResponse<String> answer = slow.join();
        Controller.fault = null;
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(json.readTree(answer.body()).get("number").asInt()).isEqualTo(7);
        assertThat(post(key, payment("6.00")).statusCode()).isEqualTo(201);
    }

    @Test
    void aRefusalIsAnAnswerAndIsKept() {
        String key = UUID.randomUUID().toString();
        Controller.fault = () -> new ProblemException(ProblemType.INSUFFICIENT_FUNDS, "not enough");
        assertProblem(post(key, payment("5.00")), 422, "insufficient-funds");
        Controller.fault = null;
        HttpResponse<String> again = post(key, payment("5.00"));
        assertProblem(again, 422, "insufficient-funds");
        assertThat(again.headers().firstValue(IdempotentRequests.REPLAYED)).hasValue("true");
        assertThat(again.body()).contains("not enough", "\"instance\":\"/payments\"");
    }

    @Test
    void aRefusalOfTheFirstAttemptNeedsNoBar() {
        List<String> barred = new ArrayList<>();
        assertThat(attempt(UUID.randomUUID().toString(), KitTest::refused, barred::add))
                .isEqualTo(422);
        assertThat(barred).isEmpty();
    }

    @Test
    void aRefusalIsKeptOnceNoEarlierAttemptCanBeDoneAnyMore() {
        String key = UUID.randomUUID().toString();
        List<String> barred = new ArrayList<>();
        assertThat(attempt(key, KitTest::unheard, barred::add)).isEqualTo(503);
        assertThat(barred).isEmpty();
        assertThat(attempt(key, KitTest::refused, barred::add)).isEqualTo(422);
        assertThat(barred).hasSize(1);
        assertThat(attempt(key, KitTest::done, barred::add)).isEqualTo(422);
    }

    @Test
    void aRefusalIsNoAnswerWhereAnEarlierAttemptHasBeenDone() {
        String key = UUID.randomUUID().toString();
        AtomicInteger attempts = new AtomicInteger();
        assertThat(attempt(key, KitTest::unheard, operationId -> false)).isEqualTo(503);
        Function<String, ResponseEntity<?>> refusedOnce =
                operationId -> attempts.incrementAndGet() == 1 ? refused(operationId) : done(operationId);
        assertThat(attempt(key, refusedOnce, operationId -> false)).isEqualTo(200);
    }

    @Test
    void aRefusalIsNotKeptWhereNobodyKnowsWhetherItIsBarred() {
        String key = UUID.randomUUID().toString();
        assertThat(attempt(key, KitTest::unheard, operationId -> true)).isEqualTo(503);
        assertThat(attempt(key, KitTest::refused, operationId -> {
                    throw new ProblemException(ProblemType.NO_ANSWER, "no answer");
                }))
                .isEqualTo(503);
        assertThat(attempt(key, KitTest::done, operationId -> true)).isEqualTo(200);
    }

    @Test
    void aRefusalIsNotKeptOnceAnotherAttemptHasTakenOver() {
        String key = UUID.randomUUID().toString();
        Function<String, ResponseEntity<?>> frozen = operationId -> {
            assertThat(jdbc.sql("UPDATE idempotency_key SET leased_until = now() WHERE key = :key")
                            .param("key", key)
                            .update())
                    .isOne();
            assertThat(attempt(key, KitTest::unheard, barred -> true)).isEqualTo(503);
            return refused(operationId);
        };
        assertThat(attempt(key, frozen, operationId -> true)).isEqualTo(409);
        assertThat(attempt(key, KitTest::done, operationId -> true)).isEqualTo(200);
        assertThat(attempt(key, KitTest::refused, operationId -> true)).isEqualTo(200);
    }

    private int attempt(String key, Function<String, ResponseEntity<?>> action, Predicate<String> bar) {
        try {
            return requests.run(key, "POST /bars", "", action, bar)
                    .getStatusCode()
                    .value();
        } catch (ProblemException problem) {
            return problem.type().status().value();
        }
    }

    private static ResponseEntity<?> done(String operationId) {
        return ResponseEntity.ok(operationId);
    }

    private static ResponseEntity<?> refused(String operationId) {
        throw new ProblemException(ProblemType.INSUFFICIENT_FUNDS, "not enough for " + operationId);
    }

    private static ResponseEntity<?> unheard(String operationId) {
        throw new ProblemException(ProblemType.NO_ANSWER, "no answer for " + operationId);
    }

    @Test
    void anOldKeyThatIsBeingWorkedOnIsNotForgottenForTheSakeOfAnother() {
        String key = UUID.randomUUID().toString();
        Function<String, ResponseEntity<?>> afterADay = operationId -> {
            assertThat(jdbc.sql("UPDATE idempotency_key SET created_at = now() - INTERVAL '25 hours' WHERE key = :key")
                            .param("key", key)
                            .update())
                    .isOne();
            assertThat(attempt(UUID.randomUUID().toString(), KitTest::done, barred -> true))
                    .isEqualTo(200);
            assertThat(attempt(key, KitTest::done, barred -> true)).isEqualTo(409);
            return done(operationId);
        };
        assertThat(attempt(key, afterADay, barred -> true)).isEqualTo(200);
    }

    /** An answer that refers to itself: it cannot be written. */
    record Circle() {
        public Circle getSelf() {
            return this;
        }
    }

    @Test
    void anAnswerThatCannotBeKeptIsNotKeptAsARefusal() {
        String key = UUID.randomUUID().toString();
        List<String> operations = new ArrayList<>();
        Function<Object, ResponseEntity<?>> run = answer -> requests.run(key, "POST /circles", "", operationId -> {
            operations.add(operationId);
            return ResponseEntity.ok(answer);
        });
        assertThatThrownBy(() -> run.apply(new Circle())).isInstanceOf(JacksonException.class);
        assertThat(jdbc.sql("UPDATE idempotency_key SET leased_until = now() WHERE key = :key AND status IS NULL")
                        .param("key", key)
                        .update())
                .isOne();

        assertThat(run.apply(Map.of("number", 1)).getStatusCode().value()).isEqualTo(200);
        assertThat(operations).hasSize(2).containsOnly(operations.get(0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"reference\":|malformed-json",
                "not json|malformed-json",
                "[]|invalid-request",
                "{\"reference\":\"rent\",\"colour\":\"red\"}|unknown-field",
                "{\"reference\":\"\"}|invalid-request",
                "{\"reference\":\"rent\",\"amount\":{\"value\":\"1.001\",\"currency\":\"EUR\"}}|invalid-amount",
                "{\"reference\":\"rent\",\"amount\":{\"value\":\"1\",\"currency\":\"ABC\"}}|unknown-currency",
                "{\"reference\":\"rent\",\"amount\":{\"value\":\"1\",\"currency\":\"EUR\",\"x\":1}}|unknown-field",
                "{\"reference\":\"rent\",\"amount\":5}|invalid-request",
                "{\"reference\":\"rent\",\"amount\":{\"value\":12.50,\"currency\":\"EUR\"}}|invalid-request",
                "{\"reference\":\"rent\",\"amount\":{\"value\":12,\"currency\":\"EUR\"}}|invalid-request",
                "{\"reference\":true}|invalid-request",
                "{\"reference\":\"rent\",\"reference\":\"loan\"}|malformed-json",
                "{\"reference\":\"rent\",\"amount\":{\"value\":\"1\",\"value\":\"2\",\"currency\":\"EUR\"}}|malformed-json"
            })
    void aBodyThatIsNotAllowedSaysWhatWasWrong(String body, String type) {
        assertProblem(post(null, body), 400, type);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]|The body must be one JSON object",
                "{\"reference\":5}|The field 'reference' must be a text in quotes",
                "{\"amount\":5}|The field 'amount' must be an object such as {\"value\":\"12.50\",\"currency\":\"EUR\"}",
                "{\"amount\":{\"value\":12.50,\"currency\":\"EUR\"}}|The field 'amount.value' must be a text in quotes"
            })
    void aBodyThatIsNotAllowedSaysWhatIs(String body, String detail) {
        assertThat(json.readTree(post(null, body).body()).get("detail").asString())
                .isEqualTo(detail);
    }

    @Test
    void aBodyOfMoreThan64KibIsRefused() {
        assertProblem(post(null, payment("1".repeat(70_000))), 413, "body-too-large");
        HttpRequest.Builder chunked = request("/payments")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(new byte[70_000])));
        assertProblem(send(chunked), 413, "body-too-large");
    }

    @Test
    void aBodyThatDoesNotComeIsRefusedAlsoIfItComesByDrops() throws Exception {
        ScheduledExecutorService drops = Executors.newSingleThreadScheduledExecutor();
        try (Socket silent = new Socket("localhost", port);
                Socket slow = new Socket("localhost", port);
                Socket slowAndTooLarge = new Socket("localhost", port)) {
            beginPost(silent, 60_000);
            beginPost(slow, 60_000);
            beginPost(slowAndTooLarge, 70_000);
            Future<?> unused = drops.scheduleAtFixedRate(() -> drop(slow), 0, 100, TimeUnit.MILLISECONDS);
            Future<?> unusedToo = drops.scheduleAtFixedRate(() -> drop(slowAndTooLarge), 0, 100, TimeUnit.MILLISECONDS);

            assertThat(answer(silent)).startsWith("HTTP/1.1 408").contains("body-too-slow");
            assertThat(answer(slow)).startsWith("HTTP/1.1 408").contains("body-too-slow");
            assertThat(answer(slowAndTooLarge)).startsWith("HTTP/1.1 413").contains("body-too-large");
        } finally {
            drops.shutdownNow();
        }
    }

    private static void beginPost(Socket connection, int length) throws IOException {
        connection.setSoTimeout((int) PATIENCE.toMillis());
        String head =
                """
                POST /payments HTTP/1.1\r
                Host: localhost\r
                Content-Type: application/json\r
                Content-Length: %d\r
                \r
                """;
        connection.getOutputStream().write(head.formatted(length).getBytes(US_ASCII));
    }

    private static void drop(Socket connection) {
        try {
            connection.getOutputStream().write(' ');
        } catch (IOException closed) {
            throw new UncheckedIOException(closed); // Ends the drops.
        }
    }

    private static String answer(Socket connection) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try {
            long unused = connection.getInputStream().transferTo(answer);
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset"); // What the server did not read any more.
        }
        return answer.toString(UTF_8);
    }

    @Test
    void whatIsNotThereIsAProblemToo() {
        assertProblem(get("/nowhere"), 404, "not-found");
        HttpResponse<String> notAllowed = get("/payments");
        assertProblem(notAllowed, 405, "method-not-allowed");
        assertThat(notAllowed.headers().firstValue("Allow")).hasValue("POST");
        assertThat(notAllowed.body()).contains("is not supported; allowed: POST\"", "\"allowed\":[\"POST\"]");
        HttpResponse<String> notJson =
                send(request("/payments").header("Content-Type", "text/plain").POST(BodyPublishers.ofString("{}")));
        assertProblem(notJson, 415, "unsupported-media-type");
        assertThat(notJson.body()).contains("\"allowed\":[\"application/json\"").doesNotContain("yaml");
        HttpResponse<String> yaml = send(request("/payments")
                .header("Content-Type", "application/yaml")
                .POST(BodyPublishers.ofString("reference: rent\namount: {value: '1.00', currency: EUR}\n")));
        assertProblem(yaml, 415, "unsupported-media-type");
        HttpResponse<String> parts = send(request("/payments")
                .header("Content-Type", "multipart/form-data")
                .POST(BodyPublishers.ofString("{}")));
        assertProblem(parts, 415, "unsupported-media-type");
        HttpResponse<String> noBody = send(request("/payments/count").header("Content-Type", "multipart/form-data"));
        assertThat(noBody.statusCode()).as(noBody.body()).isEqualTo(200);
        HttpResponse<String> noPage = send(request("/payments/" + NORTH + "/TRF-1")
                .header(Correlation.HEADER, "the-correlation")
                .header("Accept", "text/html"));
        assertProblem(noPage, 406, "not-acceptable");
        assertThat(noPage.body()).contains("allowed: application/json");
        assertProblem(get("/payments/NL00FLNO0000000001/TRF-1"), 400, "invalid-iban");
        assertProblem(get("/payments/" + NORTH + "/1"), 400, "invalid-transfer-id");
        assertProblem(get("/payments/%00"), 400, "invalid-request");
        assertProblem(get("/payments/a%2Fb"), 400, "invalid-request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"?overALostConnection=%ff", "?overALostConnection=%zz", "?=x"})
    void aQueryStringThatCannotBeDecodedIsRefused(String query) throws Exception {
        try (Socket connection = new Socket("localhost", port)) {
            connection.setSoTimeout((int) PATIENCE.toMillis());
            String head =
                    """
                    GET /payments/count%s HTTP/1.1\r
                    Host: localhost\r
                    Connection: close\r
                    \r
                    """;
            connection.getOutputStream().write(head.formatted(query).getBytes(US_ASCII));

            assertThat(answer(connection)).startsWith("HTTP/1.1 400").contains("invalid-request");
        }
    }

    @Test
    void aCommandReachesItsBranchWithTheRequestsCorrelationId() {
        HttpResponse<String> response = get("/payments/" + NORTH + "/TRF-1");
        assertThat(response.body()).isEqualTo("\"CAPTURED\"");
        assertThat(response.headers().firstValue(Correlation.HEADER)).hasValue("the-correlation");
    }

    @Test
    void aRefusalKeepsItsReasonAcrossTheBus() {
        HttpResponse<String> response = get("/payments/" + NORTH + "/TRF-refused");
        assertProblem(response, 422, "insufficient-funds");
        assertThat(json.readTree(response.body()).get("reason").asString()).isEqualTo("AM04");
    }

    @ParameterizedTest
    @CsvSource({"TRF-overtaken, 409, concurrent-update", "TRF-not-stored, 503, event-store-unavailable"})
    void aFaultThatMayPassIsKnownAsOneAcrossTheBus(String transfer, int status, String type) {
        HttpResponse<String> response = get("/payments/" + NORTH + "/" + transfer);
        assertProblem(response, status, type);
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void aCommandWhoseHandlerLeavesMayOrMayNotHaveHappened() throws Exception {
        Iban east = Iban.of("FLEA", 1);
        ManagedChannel leaving = ManagedChannelBuilder.forAddress("localhost", TestPlatform.axonServerPort())
                .usePlaintext()
                .build();
        Metadata context = new Metadata();
        context.put(
                Metadata.Key.of("AxonIQ-Context", Metadata.ASCII_STRING_MARSHALLER), eventStore.getDefaultContext());
        CountDownLatch subscribed = new CountDownLatch(1);
        CountDownLatch handling = new CountDownLatch(1);
        CompletableFuture<HttpResponse<String>> asked;
        try {
            StreamObserver<CommandProviderOutbound> handler = CommandServiceGrpc.newStub(leaving)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(context))
                    .openStream(new StreamObserver<>() {
                        @Override
                        public void onNext(CommandProviderInbound message) {
                            if (message.hasAck()) {
                                subscribed.countDown();
                            } else if (message.hasCommand()) {
                                handling.countDown();
                            }
                        }

                        @Override
                        public void onError(Throwable left) {
                            // By itself.
                        }

                        @Override
                        public void onCompleted() {
                            // Never.
                        }
                    });
            handler.onNext(CommandProviderOutbound.newBuilder()
                    .setInstructionId("subscribe")
                    .setSubscribe(CommandSubscription.newBuilder()
                            .setMessageId("subscribe")
                            .setCommand(CaptureReservation.class.getName() + "@FLEA")
                            .setClientId("leaving")
                            .setComponentName("leaving")
                            .setLoadFactor(100))
                    .build());
            assertThat(subscribed.await(60, TimeUnit.SECONDS)).isTrue();
            handler.onNext(CommandProviderOutbound.newBuilder()
                    .setFlowControl(
                            FlowControl.newBuilder().setClientId("leaving").setPermits(1))
                    .build());
            asked = CompletableFuture.supplyAsync(() -> get("/payments/" + east + "/TRF-1"));
            assertThat(handling.await(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            leaving.shutdownNow();
        }
        assertProblem(asked.get(60, TimeUnit.SECONDS), 503, "no-answer");
    }

    @Test
    void aBranchThatNobodyServesIsNotAvailableNow() {
        HttpResponse<String> response = get("/payments/" + SOUTH + "/TRF-1");
        assertProblem(response, 503, "branch-unavailable");
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void aQueryWhoseDatabaseConnectionBreaksSaysSo() {
        HttpResponse<String> response = get("/payments/count?overALostConnection=true");
        assertProblem(response, 503, "database-unavailable");
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        assertThat(get("/payments/count").statusCode()).isEqualTo(200);
    }

    @Test
    void aQueryWhoseDatabaseConnectionBreaksSaysSoAcrossTheBus() {
        AxonServerQueryBus another = AxonServerQueryBus.builder()
                .axonServerConnectionManager(eventStore)
                .configuration(axonServer)
                .localSegment(SimpleQueryBus.builder().build())
                .updateEmitter(axon.getComponent(QueryUpdateEmitter.class))
                .messageSerializer(axon.messageSerializer())
                .genericSerializer(axon.serializer())
                .build();
        another.start();
        CompletableFuture<Long> asked = DefaultQueryGateway.builder()
                .queryBus(another)
                .build()
                .query(new CountPayments(true), ResponseTypes.instanceOf(Long.class));

        assertThatThrownBy(asked::join)
                .satisfies(thrown ->
                        assertThat(Problems.problem(thrown).type()).isEqualTo(ProblemType.DATABASE_UNAVAILABLE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/payments/count-for-long", "/payments/count-for-long-here"})
    void aQueryThatTakesTooLongIsGivenUpAndLeavesItsConnectionToOthers(String path) {
        HttpResponse<String> response = get(path);
        assertProblem(response, 503, "database-unavailable");
        assertThat(response.body()).contains("took too long");
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        assertThat(jdbc.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%(pg_sleep(%'"
                                + " AND pid <> pg_backend_pid()")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void aReadingThatHasNoTurnForAsLongAsOneMayTakeIsRefused() {
        QueryLimit limit = new QueryLimit(platformTransactions, 1, 2);
        CountDownLatch reading = new CountDownLatch(2);
        CountDownLatch end = new CountDownLatch(1);
        List<CompletableFuture<String>> others = Stream.of("one", "another")
                .map(name -> CompletableFuture.supplyAsync(() -> limit.read(() -> {
                    reading.countDown();
                    Controller.await(end);
                    return name;
                })))
                .toList();
        Controller.await(reading);

        assertThatThrownBy(() -> limit.read(() -> "a third"))
                .isInstanceOfSatisfying(ProblemException.class, refused -> assertThat(refused.type())
                        .isEqualTo(ProblemType.TOO_BUSY));

        end.countDown();
        assertThat(others).extracting(CompletableFuture::join).containsExactly("one", "another");
        assertThat(limit.read(() -> "a third")).isEqualTo("a third");
    }

    @Test
    void readingsHoweverManyAndOfWhicheverKindLeaveConnectionsToOthers() {
        HikariPoolMXBean pool =
                DataSourceUnwrapper.unwrap(database, HikariDataSource.class).getHikariPoolMXBean();
        List<CompletableFuture<HttpResponse<String>>> readings = Stream.of(
                        "/payments/count-for-long", "/payments/count-for-long-here")
                .flatMap(path -> Stream.generate(() -> path).limit(10))
                .map(path -> http.sendAsync(request(path).build(), HttpResponse.BodyHandlers.ofString()))
                .toList();

        Awaitility.await().atMost(PATIENCE).until(() -> pool.getActiveConnections() >= axonServer.getQueryThreads());
        assertThat(post(UUID.randomUUID().toString(), payment("1.00")).statusCode())
                .isEqualTo(201);
        Awaitility.await().atMost(PATIENCE).until(() -> {
            assertThat(pool.getThreadsAwaitingConnection()).isZero();
            return readings.stream().allMatch(CompletableFuture::isDone);
        });
        assertThat(readings)
                .allSatisfy(reading -> assertThat(reading.join().statusCode()).isEqualTo(503))
                .anySatisfy(reading -> assertThat(reading.join().body()).contains("too-busy"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aStatementOfAClientThatIsGoneIsGivenUp() throws Exception {
        String running =
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%(pg_sleep(3599)%'"
                        + " AND pid <> pg_backend_pid()";
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return statement.execute("SELECT count(pg_sleep(3599))");
                } catch (SQLException gone) {
                    return false;
                }
            });
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> jdbc.sql(running).query(Long.class).single() == 1);
            connection.unwrap(PgConnection.class).abort(Runnable::run);
            assertThat(waiting.get(25, TimeUnit.SECONDS)).isFalse();
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> jdbc.sql(running).query(Long.class).single() == 0);
    }

    @Test
    void aCommandThatIsNotValidIsRefusedWhereItIsHandledWhoeverHasSentIt() {
        CompletableFuture<Object> sent = commands.send(new CaptureReservation(NORTH, null));

        assertThatThrownBy(sent::join).satisfies(refused -> {
            assertThat(Problems.problem(refused)).hasMessageContaining("transferId");
            assertThat(Problems.problem(refused).type()).isEqualTo(ProblemType.INVALID_REQUEST);
        });
    }

    @Test
    void whatIsOnlyPutDownIsPutDownByTheThreadThatReadsTheConnection() throws Exception {
        EventChannel events = eventStore.getConnection().eventChannel();
        Set<String> threads = ConcurrentHashMap.newKeySet();
        try (EventStream stream = events.openStream(-1, 10)) {
            stream.onAvailable(() -> threads.add(Thread.currentThread().getName()));
            threads.clear(); // It is called where it is registered, too.
            events.appendEvents(Event.newBuilder()
                            .setMessageIdentifier(UUID.randomUUID().toString())
                            .build())
                    .get(25, TimeUnit.SECONDS);
            Awaitility.await().atMost(PATIENCE).until(() -> !threads.isEmpty());
        }
        assertThat(threads).allMatch(name -> name.startsWith("grpc-default-worker"), "reads the connection");
    }

    @Test
    void allMessagesAreReadByASerializerThatRemembersTheirClasses() {
        Serializer serializer = axon.eventSerializer();
        assertThat(serializer)
                .isInstanceOf(MessageSerializer.class)
                .isSameAs(axon.messageSerializer())
                .isSameAs(axon.serializer());
        for (int time = 0; time < 2; time++) {
            assertThat(serializer.classForType(serializer.typeForClass(Payment.class)))
                    .isEqualTo(Payment.class);
            assertThat(serializer.classForType(new SimpleSerializedType("org.example.NoSuchEvent", null)))
                    .isEqualTo(UnknownSerializedType.class);
            assertThatThrownBy(() -> serializer.classForType(new SimpleSerializedType("florin.LaterEvent", null)))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("florin.LaterEvent");
            assertThat(serializer.classForType(SerializedType.emptyType())).isEqualTo(Void.class);
        }
    }

    @Test
    void aTokenIsStoredOnlyByWhoHasClaimedIt() {
        assertThat(tokens).isInstanceOf(ClaimedTokens.class);
    }

    @Test
    void readinessIncludesTheEventStoreAndTheDatabase() {
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        get("/actuator/health/readiness").statusCode())
                .isEqualTo(200));
        assertThat(get("/actuator/health/readiness").body())
                .contains("axonServer")
                .contains("db");
        assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
    }
}
