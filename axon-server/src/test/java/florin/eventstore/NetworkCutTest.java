package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.Registration;
import io.axoniq.axonserver.connector.ReplyChannel;
import io.axoniq.axonserver.connector.ResultStream;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.connector.event.PersistentStreamCallbacks;
import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import io.axoniq.axonserver.connector.event.PersistentStreamSegment;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.connector.query.QueryHandler;
import io.axoniq.axonserver.connector.query.SubscriptionQueryResult;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.streams.PersistentStreamEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The network breaks at every stage of a client's life, from the first byte on. */
class NetworkCutTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Bytes until the cut: the handshake, the platform call, subscriptions, transactions, and answers fall among them. */
    private static final int[] STAGES = {
        0, 10, 24, 60, 150, 300, 450, 600, 800, 1000, 1300, 1700, 2200, 3000, 4000, 6000
    };

    @TempDir
    private Path data;

    private NodeFixture fixture;
    private CuttingProxy proxy;

    @BeforeEach
    void start() throws Exception {
        fixture = new NodeFixture(
                NodeConfiguration.of(data, 0, 0).withHeartbeat(Duration.ofMillis(200), Duration.ofSeconds(2)));
        proxy = new CuttingProxy(fixture.node().grpcPort());
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
        proxy.close();
    }

    @Test
    void whateverByteIsTheLastTheClientComesBackAndTransactionsAreWhole() throws Exception {
        List<String> acknowledged = new ArrayList<>();
        AtomicInteger number = new AtomicInteger();
        for (int stage : STAGES) {
            long cutsBefore = proxy.cuts();
            proxy.cutAfter(stage);
            AxonServerConnection client = connectThroughProxy("client-" + stage);
            var unused = client.commandChannel()
                    .registerCommandHandler(
                            command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()),
                            100,
                            "Greet-" + stage);
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                if (proxy.cuts() == cutsBefore) {
                    appendTwo(client, number, acknowledged);
                }
                return proxy.cuts() > cutsBefore;
            });
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                appendTwo(client, number, acknowledged);
                assertThat(client.commandChannel()
                                .sendCommand(Command.newBuilder()
                                        .setName("Greet-" + stage)
                                        .build())
                                .get(30, TimeUnit.SECONDS)
                                .getErrorCode())
                        .isEmpty();
            });
            client.disconnect();
        }

        assertThat(proxy.cuts()).isEqualTo(STAGES.length);
        AxonServerConnection client = fixture.connect("reader");
        for (String aggregate : acknowledged) {
            assertThat(read(client.eventChannel().openAggregateStream(aggregate)))
                    .as(aggregate)
                    .hasSize(2);
        }
        long last = client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS);
        try (EventStream stream = client.eventChannel().openStream(-1, 1000)) {
            for (long index = 0; index <= last; index++) {
                EventWithToken next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
                assertThat(next.getToken()).isEqualTo(index);
                assertThat(next.getEvent().getAggregateSequenceNumber()).isEqualTo(index % 2);
            }
        }
    }

    @Test
    void aTransactionThatWasNotCompletedWhenTheNetworkBrokeIsNotThere() throws Exception {
        AxonServerConnection client = connectThroughProxy("client");
        client.eventChannel().startAppendEventsTransaction().appendEvent(event("half", 0, "never"));
        AxonServerConnection other = fixture.connect("other");
        assertThat(other.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isEqualTo(-1);
        proxy.cut();

        NodeFixture.append(other, event("half", 0, "now"));
        assertThat(read(other.eventChannel().openAggregateStream("half"))).hasSize(1);
    }

    @Test
    void commandsAtAHandlerBehindABrokenNetworkFailAtOnce() throws Exception {
        CompletableFuture<CommandResponse> response = sendToStuckHandler(false);
        proxy.cut();
        assertThat(response.get(60, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-4003");
    }

    @Test
    void commandsAtAHandlerBehindASilentNetworkFailWhenItsHeartbeatsStop() throws Exception {
        CompletableFuture<CommandResponse> response = sendToStuckHandler(true);
        proxy.hold();
        assertThat(response.get(60, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-4003");
        assertThat(fixture.connect("sender")
                        .commandChannel()
                        .sendCommand(Command.newBuilder().setName("Stuck").build())
                        .get(60, TimeUnit.SECONDS)
                        .getErrorCode())
                .isEqualTo("AXONIQ-4000");
    }

    @Test
    void aReaderThatIsCutOffGoesOnFromItsLastEventAndMissesNone() throws Exception {
        int events = 1500;
        AxonServerConnection writer = fixture.connect("writer");
        for (int i = 0; i < events; i += 100) {
            NodeFixture.append(
                    writer,
                    IntStream.range(i, i + 100)
                            .mapToObj(number -> event("", 0, "event " + number))
                            .toArray(Event[]::new));
        }
        AxonServerConnection client = connectThroughProxy("reader");
        List<Long> tokens = new ArrayList<>();
        await().atMost(PATIENCE).until(() -> {
            proxy.cutAfter(20_000);
            long last = tokens.isEmpty() ? -1 : tokens.get(tokens.size() - 1);
            try (EventStream stream = client.eventChannel().openStream(last, 64)) {
                for (EventWithToken next = stream.nextIfAvailable(1, TimeUnit.SECONDS);
                        next != null;
                        next = stream.nextIfAvailable(1, TimeUnit.SECONDS)) {
                    tokens.add(next.getToken());
                }
            }
            return tokens.size() >= events;
        });
        assertThat(tokens)
                .containsExactlyElementsOf(LongStream.range(0, events).boxed().toList());
        assertThat(proxy.cuts()).isGreaterThan(3);
    }

    @Test
    void whatASenderThatIsCutOffHasAskedForNoLongerTakesAPlaceAtItsHandler() throws Exception {
        AxonServerConnection handler = fixture.connect("handler");
        handler.commandChannel()
                .registerCommandHandler(command -> new CompletableFuture<>(), 100, "Stuck")
                .awaitAck(30, TimeUnit.SECONDS);
        handler.queryChannel()
                .registerQueryHandler((query, answers) -> {}, new QueryDefinition("Stuck", "text"))
                .awaitAck(30, TimeUnit.SECONDS);
        AxonServerConnection sender = connectThroughProxy("sender");
        var unanswered = sender.commandChannel()
                .sendCommand(Command.newBuilder().setName("Stuck").build());
        ResultStream<QueryResponse> results = sender.queryChannel().query(query("Stuck"));
        untilAtHandlers(1);

        proxy.cut();

        untilAtHandlers(0);
        await().atMost(PATIENCE).until(() -> unanswered.isDone() && results.isClosed());
    }

    private void untilAtHandlers(int each) {
        await().atMost(PATIENCE)
                .until(() -> fixture.metric("axon_commands_saturation_active_count") == each
                        && fixture.metric("axon_queries_saturation_active_count") == each);
    }

    @Test
    void queriesAtAHandlerBehindABrokenNetworkFailAtOnce() throws Exception {
        connectThroughProxy("handler")
                .queryChannel()
                .registerQueryHandler((query, answers) -> {}, new QueryDefinition("Stuck", "text"))
                .awaitAck(30, TimeUnit.SECONDS);
        ResultStream<QueryResponse> results =
                fixture.connect("sender").queryChannel().query(query("Stuck"));
        await().atMost(PATIENCE).until(() -> fixture.metric("axon_queries_saturation_active_count") == 1);

        proxy.cut();

        assertThat(results.nextIfAvailable(60, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-5002");
    }

    @Test
    @SuppressWarnings("removal") // what Axon Framework 4 uses
    void whoeverIsCutOffFromASubscriptionQueryTheOtherSideIsTold() throws Exception {
        AxonServerConnection nearHandler = fixture.connect("handler");
        CompletableFuture<Void> unsubscribed = subscribing(nearHandler, "near");
        SubscriptionQueryResult cutOff =
                connectThroughProxy("subscriber").queryChannel().subscriptionQuery(query("near"), 8, 4);
        cutOff.initialResult().get(30, TimeUnit.SECONDS);
        AxonServerConnection farHandler = connectThroughProxy("far handler");
        var unused = subscribing(farHandler, "far");
        SubscriptionQueryResult result =
                fixture.connect("near subscriber").queryChannel().subscriptionQuery(query("far"), 8, 4);
        result.initialResult().get(30, TimeUnit.SECONDS);

        proxy.cut();

        unsubscribed.get(60, TimeUnit.SECONDS);
        await().atMost(PATIENCE).until(() -> result.updates().isClosed());
        assertThat(result.updates().getError().orElseThrow()).hasMessageContaining("disconnected");
    }

    /** Completes when the subscriber has left. */
    private static CompletableFuture<Void> subscribing(AxonServerConnection connection, String query) throws Exception {
        CompletableFuture<Void> unsubscribed = new CompletableFuture<>();
        QueryHandler handler = new QueryHandler() {
            @Override
            public void handle(QueryRequest request, ReplyChannel<QueryResponse> answers) {
                answers.sendLast(QueryResponse.newBuilder()
                        .setRequestIdentifier(request.getMessageIdentifier())
                        .build());
            }

            @Override
            public Registration registerSubscriptionQuery(SubscriptionQuery subscription, UpdateHandler updates) {
                return () -> {
                    unsubscribed.complete(null);
                    return unsubscribed;
                };
            }
        };
        connection
                .queryChannel()
                .registerQueryHandler(handler, new QueryDefinition(query, "text"))
                .awaitAck(30, TimeUnit.SECONDS);
        return unsubscribed;
    }

    private static QueryRequest query(String name) {
        return QueryRequest.newBuilder()
                .setMessageIdentifier(name)
                .setQuery(name)
                .build();
    }

    @Test
    void theSegmentOfAPersistentStreamsReaderThatIsCutOffGoesToAnotherOne() throws Exception {
        AxonServerConnection writer = fixture.connect("writer");
        NodeFixture.append(writer, event("", 0, "zero"), event("", 0, "one"), event("", 0, "two"));
        List<Long> seen = new CopyOnWriteArrayList<>();
        // Confirms nothing but the first one.
        openSegment(connectThroughProxy("cut off"), (segment, token) -> {
            seen.add(token);
            if (token == 0) {
                segment.acknowledge(token);
            }
        });
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen).containsExactly(0L, 1L, 2L));
        await().atMost(PATIENCE)
                .until(() -> writer.eventChannel()
                                .persistentStreams()
                                .get(30, TimeUnit.SECONDS)
                                .get(0)
                                .getSegments(0)
                                .getPosition()
                        == 0);
        List<Long> others = new CopyOnWriteArrayList<>();
        openSegment(fixture.connect("other"), (segment, token) -> others.add(token));

        proxy.cut();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(others).containsExactly(1L, 2L));
    }

    private static void openSegment(AxonServerConnection client, BiConsumer<PersistentStreamSegment, Long> taken) {
        PersistentStreamCallbacks callbacks = new PersistentStreamCallbacks(
                segment -> {},
                segment -> {},
                segment -> {
                    for (PersistentStreamEvent next = segment.nextIfAvailable();
                            next != null;
                            next = segment.nextIfAvailable()) {
                        taken.accept(segment, next.getEvent().getToken());
                    }
                },
                reason -> {});
        var unused = client.eventChannel()
                .openPersistentStream(
                        "stream",
                        50,
                        10,
                        callbacks,
                        new PersistentStreamProperties("stream", 1, "SequentialPolicy", List.of(), "TAIL", ""));
    }

    private CompletableFuture<CommandResponse> sendToStuckHandler(boolean heartbeat) throws Exception {
        AxonServerConnection handler = connectThroughProxy("handler");
        CompletableFuture<Command> arrived = new CompletableFuture<>();
        handler.commandChannel()
                .registerCommandHandler(
                        command -> {
                            arrived.complete(command);
                            return new CompletableFuture<>();
                        },
                        100,
                        "Stuck")
                .awaitAck(30, TimeUnit.SECONDS);
        if (heartbeat) {
            handler.controlChannel().enableHeartbeat(100, 60_000, TimeUnit.MILLISECONDS);
            // Within this time the client has shown the node that it knows heartbeats.
            await().pollDelay(Duration.ofSeconds(1)).until(handler::isConnected);
        }
        CompletableFuture<CommandResponse> response = fixture.connect("sender")
                .commandChannel()
                .sendCommand(Command.newBuilder().setName("Stuck").build());
        arrived.get(30, TimeUnit.SECONDS);
        return response;
    }

    private void appendTwo(AxonServerConnection client, AtomicInteger number, List<String> acknowledged)
            throws Exception {
        String aggregate = "aggregate-" + number.getAndIncrement();
        Event first = event(aggregate, 0, "one");
        Event second = event(aggregate, 1, "two");
        NodeFixture.append(client, first, second);
        acknowledged.add(aggregate);
    }

    private AxonServerConnection connectThroughProxy(String clientId) {
        return fixture.connect(
                clientId,
                clientId,
                "default",
                builder -> builder.routingServers(new ServerAddress("localhost", proxy.port())));
    }
}
