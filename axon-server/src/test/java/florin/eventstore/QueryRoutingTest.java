package florin.eventstore;

import static florin.eventstore.NodeFixture.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.FlowControl;
import io.axoniq.axonserver.connector.Registration;
import io.axoniq.axonserver.connector.ReplyChannel;
import io.axoniq.axonserver.connector.ResultStream;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.connector.query.QueryHandler;
import io.axoniq.axonserver.connector.query.SubscriptionQueryResult;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryUpdate;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueryRoutingTest {
    @TempDir
    private Path data;

    private NodeFixture fixture;
    private AxonServerConnection sender;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        sender = fixture.connect("sender");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aPointQueryIsAnsweredByOneHandlerInTurn() throws Exception {
        handle("a", answering("a"));
        handle("b", answering("b"));

        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            List<String> answer = ask(query(1, false));
            assertThat(answer).hasSize(1);
            answers.addAll(answer);
        }
        assertThat(answers).contains("a", "b");
    }

    @Test
    void aScatterGatherQueryIsAnsweredByEachComponent() throws Exception {
        handle("a", answering("a"));
        handle("a", answering("a"));
        handle("b", answering("b"));

        assertThat(ask(query(-1, false))).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void aQueryThatNobodyHandlesIsRefused() throws Exception {
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(1, false));

        assertThat(results.nextIfAvailable(30, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-5000");
    }

    @Test
    void aQueryInFlightFailsWhenItsHandlerDisconnects() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        AxonServerConnection handler = fixture.connect("a", "silent-client", "default");
        handler.queryChannel()
                .registerQueryHandler(
                        (request, channel) -> arrived.countDown(), new QueryDefinition("Find", String.class.getName()))
                .awaitAck(30, TimeUnit.SECONDS);
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(1, false));
        assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
        fixture.shutdownAbruptly(handler);

        assertThat(results.nextIfAvailable(30, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-5002");
    }

    @Test
    void aScatterGatherQueryOfOneComponentEndsAsOneOfSeveralDoes() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        AxonServerConnection handler = fixture.connect("a");
        register(handler, (request, channel) -> arrived.countDown()).awaitAck(30, TimeUnit.SECONDS);
        QueryRequest timed = query(-1, false).toBuilder()
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.TIMEOUT)
                        .setValue(MetaDataValue.newBuilder().setNumberValue(200)))
                .build();
        assertThat(ask(timed)).isEmpty();

        assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(-1, false));
        await().atMost(30, TimeUnit.SECONDS).until(() -> fixture.metric("axon_queries_saturation_active_count") == 1);
        fixture.shutdownAbruptly(handler);
        await().atMost(30, TimeUnit.SECONDS).until(results::isClosed);
        assertThat(results.nextIfAvailable()).isNull();
        assertThat(results.getError()).isEmpty();
    }

    @Test
    void aStreamingQueryIsHeldBackByItsReaderAndCanBeCancelled() throws Exception {
        AtomicLong produced = new AtomicLong();
        AtomicBoolean cancelled = new AtomicBoolean();
        handle("a", new QueryHandler() {
            @Override
            public void handle(QueryRequest request, ReplyChannel<QueryResponse> channel) {
                throw new UnsupportedOperationException("only streams");
            }

            @Override
            public FlowControl stream(QueryRequest request, ReplyChannel<QueryResponse> channel) {
                return new FlowControl() {
                    @Override
                    public void request(long count) {
                        for (long i = 0; i < count; i++) {
                            channel.send(response(request, "result " + produced.getAndIncrement()));
                        }
                    }

                    @Override
                    public void cancel() {
                        cancelled.set(true);
                    }
                };
            }
        });
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(1, true));
        for (int i = 0; i < 1000; i++) {
            assertThat(results.nextIfAvailable(30, TimeUnit.SECONDS)
                            .getPayload()
                            .getData()
                            .toStringUtf8())
                    .isEqualTo("result " + i);
        }
        assertThat(produced.get()).isLessThan(5000);
        results.close();
        await().atMost(30, TimeUnit.SECONDS).untilTrue(cancelled);
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void aSubscriptionQueryGetsItsInitialResultUpdatesAndEnd() throws Exception {
        AtomicReference<QueryHandler.UpdateHandler> updates = new AtomicReference<>();
        AtomicBoolean unsubscribed = new AtomicBoolean();
        handle("a", subscribing(updates, unsubscribed));

        SubscriptionQueryResult result = sender.queryChannel().subscriptionQuery(query(1, false), 8, 4);
        assertThat(result.initialResult()
                        .get(30, TimeUnit.SECONDS)
                        .getPayload()
                        .getData()
                        .toStringUtf8())
                .isEqualTo("initial");
        await().atMost(30, TimeUnit.SECONDS).until(() -> updates.get() != null);
        for (int i = 0; i < 100; i++) {
            updates.get()
                    .sendUpdate(QueryUpdate.newBuilder()
                            .setPayload(payload("update " + i))
                            .build());
        }
        for (int i = 0; i < 100; i++) {
            assertThat(result.updates()
                            .nextIfAvailable(30, TimeUnit.SECONDS)
                            .getPayload()
                            .getData()
                            .toStringUtf8())
                    .isEqualTo("update " + i);
        }
        updates.get().complete();
        await().atMost(30, TimeUnit.SECONDS).until(() -> result.updates().isClosed());
        assertThat(result.updates().getError()).isEmpty();
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void closingASubscriptionQueryTellsItsHandler() throws Exception {
        AtomicReference<QueryHandler.UpdateHandler> updates = new AtomicReference<>();
        AtomicBoolean unsubscribed = new AtomicBoolean();
        handle("a", subscribing(updates, unsubscribed));

        SubscriptionQueryResult result = sender.queryChannel().subscriptionQuery(query(1, false), 8, 4);
        result.initialResult().get(30, TimeUnit.SECONDS);
        result.updates().close();
        await().atMost(30, TimeUnit.SECONDS).untilTrue(unsubscribed);
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void theInitialResultComesFromAnotherHandlerWhenTheChosenOneDisconnects() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        Map<String, AxonServerConnection> handlers = new HashMap<>();
        for (String name : List.of("a", "b")) {
            AxonServerConnection connection = fixture.connect(name);
            register(connection, unlessFirst(asked, name)).awaitAck(30, TimeUnit.SECONDS);
            handlers.put(name, connection);
        }
        CompletableFuture<QueryResponse> result =
                sender.queryChannel().subscriptionQuery(query(1, false), 8, 4).initialResult();
        String silent = asked.get(30, TimeUnit.SECONDS);
        fixture.shutdownAbruptly(handlers.get(silent));

        assertThat(text(result)).isEqualTo(silent.equals("a") ? "b" : "a");
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void theInitialResultComesFromAnotherHandlerWhenTheChosenOneUnsubscribes() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        Map<String, Registration> handlers = new HashMap<>();
        for (String name : List.of("a", "b")) {
            Registration registration = register(fixture.connect(name), unlessFirst(asked, name));
            registration.awaitAck(30, TimeUnit.SECONDS);
            handlers.put(name, registration);
        }
        CompletableFuture<QueryResponse> result =
                sender.queryChannel().subscriptionQuery(query(1, false), 8, 4).initialResult();
        String silent = asked.get(30, TimeUnit.SECONDS);
        handlers.get(silent).cancel().get(30, TimeUnit.SECONDS);

        assertThat(text(result)).isEqualTo(silent.equals("a") ? "b" : "a");
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void aHandlerThatUnsubscribedIsNotAskedForTheInitialResult() throws Exception {
        AtomicReference<QueryHandler.UpdateHandler> updates = new AtomicReference<>();
        Registration leaving = register(fixture.connect("a"), subscribing(updates, new AtomicBoolean()));
        leaving.awaitAck(30, TimeUnit.SECONDS);
        handle("b", answering("b"));
        SubscriptionQueryResult result = sender.queryChannel().subscriptionQuery(query(1, false), 8, 4);
        await().atMost(30, TimeUnit.SECONDS).until(() -> updates.get() != null);
        leaving.cancel().get(30, TimeUnit.SECONDS);

        assertThat(text(result.initialResult())).isEqualTo("b");
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void theInitialResultIsRefusedWhenTheOnlyHandlerDisconnects() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        AxonServerConnection handler = fixture.connect("a");
        register(handler, unlessFirst(asked, "a")).awaitAck(30, TimeUnit.SECONDS);
        CompletableFuture<QueryResponse> result =
                sender.queryChannel().subscriptionQuery(query(1, false), 8, 4).initialResult();
        asked.get(30, TimeUnit.SECONDS);
        fixture.shutdownAbruptly(handler);

        assertThat(result.get(30, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-5000");
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void theInitialResultIsRefusedWhenItsTimeIsUpAndUpdatesGoOn() throws Exception {
        AtomicReference<QueryHandler.UpdateHandler> updates = new AtomicReference<>();
        handle("a", new QueryHandler() {
            @Override
            public void handle(QueryRequest request, ReplyChannel<QueryResponse> channel) {
                // says nothing
            }

            @Override
            public Registration registerSubscriptionQuery(SubscriptionQuery query, UpdateHandler handler) {
                updates.set(handler);
                return () -> CompletableFuture.completedFuture(null);
            }
        });
        QueryRequest timed = query(1, false).toBuilder()
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.TIMEOUT)
                        .setValue(MetaDataValue.newBuilder().setNumberValue(200)))
                .build();
        SubscriptionQueryResult result = sender.queryChannel().subscriptionQuery(timed, 8, 4);
        QueryResponse refusal = result.initialResult().get(30, TimeUnit.SECONDS);
        assertThat(refusal.getErrorCode()).isEqualTo("AXONIQ-5002");
        assertThat(refusal.getErrorMessage().getMessage()).isEqualTo("no answer to the query within 200 ms");

        updates.get()
                .sendUpdate(
                        QueryUpdate.newBuilder().setPayload(payload("update")).build());

        assertThat(result.updates()
                        .nextIfAvailable(30, TimeUnit.SECONDS)
                        .getPayload()
                        .getData()
                        .toStringUtf8())
                .isEqualTo("update");
    }

    /** Says nothing to the query that comes first of all. */
    private static QueryHandler unlessFirst(CompletableFuture<String> asked, String name) {
        return (request, channel) -> {
            if (!asked.complete(name)) {
                channel.sendLast(response(request, name));
            }
        };
    }

    private static String text(CompletableFuture<QueryResponse> result) throws Exception {
        return result.get(30, TimeUnit.SECONDS).getPayload().getData().toStringUtf8();
    }

    private static QueryHandler subscribing(
            AtomicReference<QueryHandler.UpdateHandler> updates, AtomicBoolean unsubscribed) {
        return new QueryHandler() {
            @Override
            public void handle(QueryRequest request, ReplyChannel<QueryResponse> channel) {
                channel.sendLast(response(request, "initial"));
            }

            @Override
            public Registration registerSubscriptionQuery(SubscriptionQuery query, UpdateHandler handler) {
                updates.set(handler);
                return () -> {
                    unsubscribed.set(true);
                    return CompletableFuture.completedFuture(null);
                };
            }
        };
    }

    private static QueryHandler answering(String text) {
        return (request, channel) -> channel.sendLast(response(request, text));
    }

    private static QueryResponse response(QueryRequest request, String text) {
        return QueryResponse.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setRequestIdentifier(request.getMessageIdentifier())
                .setPayload(payload(text))
                .build();
    }

    private void handle(String component, QueryHandler handler) throws Exception {
        register(fixture.connect(component), handler).awaitAck(30, TimeUnit.SECONDS);
    }

    private static Registration register(AxonServerConnection connection, QueryHandler handler) {
        return connection
                .queryChannel()
                .registerQueryHandler(handler, new QueryDefinition("Find", String.class.getName()));
    }

    private List<String> ask(QueryRequest request) throws Exception {
        ResultStream<QueryResponse> results = sender.queryChannel().query(request);
        List<String> answers = new ArrayList<>();
        for (QueryResponse next = results.nextIfAvailable(30, TimeUnit.SECONDS);
                next != null;
                next = results.nextIfAvailable(30, TimeUnit.SECONDS)) {
            answers.add(next.getPayload().getData().toStringUtf8());
        }
        return answers;
    }

    private static QueryRequest query(int results, boolean streaming) {
        return QueryRequest.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setQuery("Find")
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.NR_OF_RESULTS)
                        .setValue(MetaDataValue.newBuilder().setNumberValue(results)))
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.CLIENT_SUPPORTS_STREAMING)
                        .setValue(MetaDataValue.newBuilder().setBooleanValue(streaming)))
                .build();
    }
}
