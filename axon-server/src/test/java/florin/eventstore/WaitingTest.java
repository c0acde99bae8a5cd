package florin.eventstore;

import static florin.eventstore.NodeFixture.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.ResultStream;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryProviderOutbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.query.QuerySubscription;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What waits at a handler that has given no permits. */
class WaitingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<Integer> PRIORITIES = List.of(0, 10, -5, 0, 10);
    private static final List<String> BY_PRIORITY = List.of("1", "4", "0", "3", "2");

    @TempDir
    private Path data;

    private NodeFixture fixture;
    private ManagedChannel channel;
    private AxonServerConnection sender;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
        sender = fixture.connect("sender");
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        fixture.close();
    }

    @Test
    void aPointQueryGoesToAnotherHandlerWhenItsOwnLeaves() throws Exception {
        StreamObserver<QueryProviderOutbound> leaving = busy("slow");
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(1));
        untilWaiting("queries", 1);
        answering("quick");
        leaving.onCompleted();

        assertThat(texts(results)).containsExactly("quick");
    }

    @Test
    void aQueryGoesToAnotherHandlerWhenItsOwnUnsubscribes() throws Exception {
        StreamObserver<QueryProviderOutbound> leaving = busy("slow");
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(1));
        untilWaiting("queries", 1);
        answering("quick");
        leaving.onNext(QueryProviderOutbound.newBuilder()
                .setUnsubscribe(QuerySubscription.newBuilder().setQuery("Find").setResultName("text"))
                .build());

        assertThat(texts(results)).containsExactly("quick");
    }

    @Test
    void aCommandGoesToAnotherHandlerWhenItsOwnUnsubscribes() throws Exception {
        StreamObserver<CommandProviderOutbound> leaving = busyWithCommands(new ConcurrentLinkedQueue<>());
        CompletableFuture<CommandResponse> response = sender.commandChannel()
                .sendCommand(Command.newBuilder().setName("Greet").build());
        untilWaiting("commands", 1);
        fixture.connect("quick")
                .commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.newBuilder()
                                .setPayload(payload("quick"))
                                .build()),
                        100,
                        "Greet")
                .awaitAck(30, TimeUnit.SECONDS);
        leaving.onNext(CommandProviderOutbound.newBuilder()
                .setUnsubscribe(CommandSubscription.newBuilder().setCommand("Greet"))
                .build());

        assertThat(response.get(30, TimeUnit.SECONDS).getPayload().getData().toStringUtf8())
                .isEqualTo("quick");
    }

    @Test
    void aPointQueryIsRefusedWhenTheOnlyHandlerLeaves() throws Exception {
        StreamObserver<QueryProviderOutbound> leaving = busy("slow");
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(1));
        untilWaiting("queries", 1);
        leaving.onCompleted();

        assertThat(results.nextIfAvailable(30, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-5000");
    }

    @Test
    void aScatterGatherQueryGoesToAnotherInstanceOfTheComponent() throws Exception {
        StreamObserver<QueryProviderOutbound> leaving = busy("slow");
        answering("quick");
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(-1));
        untilWaiting("queries", 1);
        answering("slow");
        leaving.onCompleted();

        assertThat(texts(results)).containsExactlyInAnyOrder("quick", "slow");
    }

    @Test
    void aScatterGatherQueryEndsWithoutAComponentThatLeaves() throws Exception {
        StreamObserver<QueryProviderOutbound> leaving = busy("slow");
        answering("quick");
        ResultStream<QueryResponse> results = sender.queryChannel().query(query(-1));
        untilWaiting("queries", 1);
        leaving.onCompleted();

        assertThat(texts(results)).containsExactly("quick");
    }

    @Test
    void commandsAreTakenByPriorityAndThenByArrival() throws Exception {
        Queue<String> taken = new ConcurrentLinkedQueue<>();
        StreamObserver<CommandProviderOutbound> handler = busyWithCommands(taken);
        List<CompletableFuture<CommandResponse>> sent = new ArrayList<>();
        for (int i = 0; i < PRIORITIES.size(); i++) {
            sent.add(sender.commandChannel()
                    .sendCommand(Command.newBuilder()
                            .setMessageIdentifier(Integer.toString(i))
                            .setName("Greet")
                            .addProcessingInstructions(number(ProcessingKey.PRIORITY, PRIORITIES.get(i)))
                            .build()));
            untilWaiting("commands", i + 1);
        }
        assertThat(sent).noneMatch(CompletableFuture::isDone);
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setPermits(PRIORITIES.size()))
                .build());

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(taken).containsExactlyElementsOf(BY_PRIORITY));
    }

    @Test
    void queriesAreTakenByPriorityAndThenByArrival() throws Exception {
        Queue<String> taken = new ConcurrentLinkedQueue<>();
        StreamObserver<QueryProviderOutbound> handler = busy("slow", taken);
        for (int i = 0; i < PRIORITIES.size(); i++) {
            sender.queryChannel()
                    .query(query(1).toBuilder()
                            .setMessageIdentifier(Integer.toString(i))
                            .addProcessingInstructions(number(ProcessingKey.PRIORITY, PRIORITIES.get(i)))
                            .build());
            untilWaiting("queries", i + 1);
        }
        handler.onNext(QueryProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setPermits(PRIORITIES.size()))
                .build());

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(taken).containsExactlyElementsOf(BY_PRIORITY));
    }

    private StreamObserver<CommandProviderOutbound> busyWithCommands(Queue<String> taken) {
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<CommandProviderOutbound> handler = CommandServiceGrpc.newStub(channel)
                .openStream(new Observer<CommandProviderInbound>(message -> {
                    if (message.hasCommand()) {
                        taken.add(message.getCommand().getMessageIdentifier());
                    } else {
                        acknowledged.set(true);
                    }
                }));
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(
                        CommandSubscription.newBuilder().setClientId("busy").setCommand("Greet"))
                .setInstructionId("subscribed")
                .build());
        await().atMost(PATIENCE).untilTrue(acknowledged);
        return handler;
    }

    private static ProcessingInstruction number(ProcessingKey key, long value) {
        return ProcessingInstruction.newBuilder()
                .setKey(key)
                .setValue(MetaDataValue.newBuilder().setNumberValue(value))
                .build();
    }

    private void untilWaiting(String kind, int messages) {
        await().atMost(PATIENCE).until(() -> fixture.metric("axon_" + kind + "_saturation_queued_count") == messages);
    }

    /** Handles the query, but permits nothing. */
    private StreamObserver<QueryProviderOutbound> busy(String component) {
        return busy(component, new ConcurrentLinkedQueue<>());
    }

    private StreamObserver<QueryProviderOutbound> busy(String component, Queue<String> taken) {
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<QueryProviderOutbound> handler = QueryServiceGrpc.newStub(channel)
                .openStream(new Observer<QueryProviderInbound>(message -> {
                    if (message.hasQuery()) {
                        taken.add(message.getQuery().getMessageIdentifier());
                    } else {
                        acknowledged.set(true);
                    }
                }));
        handler.onNext(QueryProviderOutbound.newBuilder()
                .setSubscribe(QuerySubscription.newBuilder()
                        .setClientId(component + "-busy")
                        .setComponentName(component)
                        .setQuery("Find")
                        .setResultName("text"))
                .setInstructionId("subscribed")
                .build());
        await().atMost(PATIENCE).untilTrue(acknowledged);
        return handler;
    }

    private void answering(String component) throws Exception {
        fixture.connect(component)
                .queryChannel()
                .registerQueryHandler(
                        (request, answers) -> answers.sendLast(QueryResponse.newBuilder()
                                .setMessageIdentifier(UUID.randomUUID().toString())
                                .setRequestIdentifier(request.getMessageIdentifier())
                                .setPayload(payload(component))
                                .build()),
                        new QueryDefinition("Find", String.class.getName()))
                .awaitAck(30, TimeUnit.SECONDS);
    }

    private static QueryRequest query(int results) {
        return QueryRequest.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setQuery("Find")
                .addProcessingInstructions(number(ProcessingKey.NR_OF_RESULTS, results))
                .build();
    }

    private static List<String> texts(ResultStream<QueryResponse> results) throws Exception {
        List<String> texts = new ArrayList<>();
        for (QueryResponse next = results.nextIfAvailable(30, TimeUnit.SECONDS);
                next != null;
                next = results.nextIfAvailable(30, TimeUnit.SECONDS)) {
            texts.add(next.getPayload().getData().toStringUtf8() + next.getErrorCode());
        }
        return texts;
    }
}
