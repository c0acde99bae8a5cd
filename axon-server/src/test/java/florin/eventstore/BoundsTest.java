package florin.eventstore;

import static florin.eventstore.NodeFixture.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.Empty;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.InstructionResult;
import io.axoniq.axonserver.grpc.admin.AdminActionResult;
import io.axoniq.axonserver.grpc.admin.EventProcessor;
import io.axoniq.axonserver.grpc.admin.EventProcessorAdminServiceGrpc;
import io.axoniq.axonserver.grpc.admin.EventProcessorIdentifier;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.axoniq.axonserver.grpc.control.SubscribeTopologyChanges;
import io.axoniq.axonserver.grpc.event.CancelScheduledEventRequest;
import io.axoniq.axonserver.grpc.event.EventSchedulerGrpc;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.PayloadDescription;
import io.axoniq.axonserver.grpc.event.RescheduleEventRequest;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryProviderOutbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.query.QuerySubscription;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import io.axoniq.axonserver.grpc.streams.ListStreamsRequest;
import io.axoniq.axonserver.grpc.streams.PersistentStreamServiceGrpc;
import io.axoniq.axonserver.grpc.streams.StreamStatus;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A handler that permits everything and answers nothing, or does not even read: what the node sends it, and keeps for it, is bounded. */
class BoundsTest {
    private static final int IN_FLIGHT = 10_000;
    private static final int WAITING = 10_000;
    /** So many of a mebibyte each. */
    private static final int LARGE = 100;

    private static final String MEBIBYTE = "x".repeat(1 << 20);
    /** Enough of them to fill what lies between client and node, too. */
    private static final int INSTRUCTIONS = 10_000;

    private static final String INSTRUCTION = "x".repeat(1000);
    /** As many may wait for a client's answer. */
    private static final int MOST_INSTRUCTIONS = 1000;

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    private Path data;

    private final List<ManagedChannel> channels = new ArrayList<>();
    private NodeFixture fixture;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        for (int i = 0; i < 4; i++) {
            channels.add(
                    NettyChannelBuilder.forAddress("127.0.0.1", fixture.node().grpcPort())
                            .usePlaintext()
                            .build());
        }
    }

    @AfterEach
    void stop() {
        channels.forEach(ManagedChannel::shutdownNow);
        fixture.close();
    }

    @Test
    void oneCommandTooManyIsRefusedAndAnAnswerMakesRoom() throws Exception {
        Queue<Command> received = new ConcurrentLinkedQueue<>();
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<CommandProviderOutbound> handler =
                CommandServiceGrpc.newStub(channels.get(0)).openStream(new Receiver(received, acknowledged));
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(
                        CommandSubscription.newBuilder().setClientId("busy").setCommand("Greet"))
                .build());
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setClientId("busy").setPermits(Long.MAX_VALUE))
                .setInstructionId("ready")
                .build());
        await().atMost(PATIENCE).until(() -> acknowledged.get());
        List<ListenableFuture<CommandResponse>> sent = new ArrayList<>();
        for (int i = 0; i < IN_FLIGHT + WAITING; i++) {
            sent.add(send(channels.get(1 + i % 3)));
        }
        await().atMost(PATIENCE).until(() -> fixture.http("GET", "/actuator/prometheus", "")
                .body()
                .lines()
                .toList()
                .containsAll(List.of(
                        "axon_commands_saturation_queued_count " + WAITING,
                        "axon_commands_saturation_active_count " + IN_FLIGHT)));
        await().atMost(PATIENCE).until(() -> received.size() == IN_FLIGHT);

        CommandResponse refused = send(channels.get(1)).get(30, TimeUnit.SECONDS);
        assertThat(refused.getErrorCode()).isEqualTo("AXONIQ-4003");
        assertThat(refused.getErrorMessage().getMessage()).contains("too many requests");
        assertThat(sent).noneMatch(ListenableFuture::isDone);

        handler.onNext(CommandProviderOutbound.newBuilder()
                .setCommandResponse(CommandResponse.newBuilder()
                        .setRequestIdentifier(received.element().getMessageIdentifier()))
                .build());
        await().atMost(PATIENCE).until(() -> received.size() == IN_FLIGHT + 1);
    }

    @Test
    void aQueryThatIsGivenUpMakesRoomForAnotherOne() {
        Queue<QueryRequest> received = new ConcurrentLinkedQueue<>();
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<QueryProviderOutbound> handler = QueryServiceGrpc.newStub(channels.get(0))
                .openStream(new Observer<QueryProviderInbound>(message -> {
                    if (message.hasQuery()) {
                        received.add(message.getQuery());
                    } else {
                        acknowledged.set(true);
                    }
                }));
        permitAll(handler, "busy");
        await().atMost(PATIENCE).untilTrue(acknowledged);
        Map<String, ClientCallStreamObserver<?>> calls = new HashMap<>();
        for (int i = 0; i <= IN_FLIGHT; i++) {
            AtomicReference<ClientCallStreamObserver<?>> call = new AtomicReference<>();
            QueryRequest query = QueryRequest.newBuilder()
                    .setMessageIdentifier("query " + i)
                    .setQuery("Find")
                    .build();
            QueryServiceGrpc.newStub(channels.get(1 + i % 3))
                    .query(query, new Idle<QueryRequest, QueryResponse>(call, answer -> {}));
            calls.put(query.getMessageIdentifier(), call.get());
        }
        await().atMost(PATIENCE).until(() -> received.size() == IN_FLIGHT && waiting("queries") == 1);

        calls.get(received.element().getMessageIdentifier()).cancel("given up", null);

        await().atMost(PATIENCE).until(() -> received.size() == IN_FLIGHT + 1);
    }

    @Test
    void largeCommandsForAHandlerThatDoesNotReadAreBoundedInBytes() throws Exception {
        Queue<Command> received = new ConcurrentLinkedQueue<>();
        AtomicReference<ClientCallStreamObserver<?>> call = new AtomicReference<>();
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<CommandProviderOutbound> handler = CommandServiceGrpc.newStub(channels.get(0))
                .openStream(new Idle<CommandProviderOutbound, CommandProviderInbound>(call, message -> {
                    if (message.hasCommand()) {
                        received.add(message.getCommand());
                    } else {
                        acknowledged.set(true);
                    }
                }));
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(
                        CommandSubscription.newBuilder().setClientId("idle").setCommand("Greet"))
                .build());
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setClientId("idle").setPermits(Long.MAX_VALUE))
                .setInstructionId("ready")
                .build());
        await().atMost(PATIENCE).until(acknowledged::get);
        List<ListenableFuture<CommandResponse>> sent = new ArrayList<>();
        for (int i = 0; i < LARGE; i++) {
            sent.add(CommandServiceGrpc.newFutureStub(channels.get(1 + i % 3))
                    .dispatch(Command.newBuilder()
                            .setName("Greet")
                            .setMessageIdentifier(UUID.randomUUID().toString())
                            .setPayload(payload(MEBIBYTE))
                            .build()));
        }
        await().atMost(PATIENCE)
                .until(() -> sent.stream().anyMatch(ListenableFuture::isDone)
                        && waiting("commands") + done(sent) > LARGE - 10);
        for (ListenableFuture<CommandResponse> one : sent) {
            if (one.isDone()) {
                assertThat(one.get().getErrorCode()).isEqualTo("AXONIQ-4003");
                assertThat(one.get().getErrorMessage().getMessage()).contains("too many requests");
            }
        }

        long accepted = LARGE - done(sent);
        call.get().request(LARGE);

        await().atMost(PATIENCE).until(() -> received.size() == accepted);
    }

    /** Of each less waits than of one alone may. */
    @Test
    void largeCommandsForManyHandlersThatTakeNoneAreBoundedTogether() throws Exception {
        int handlers = 10;
        int each = 20;
        int all = handlers * each;
        for (int i = 0; i < handlers; i++) {
            AtomicBoolean acknowledged = new AtomicBoolean();
            CommandServiceGrpc.newStub(channels.get(0))
                    .openStream(new Receiver(new ConcurrentLinkedQueue<>(), acknowledged))
                    .onNext(CommandProviderOutbound.newBuilder()
                            .setSubscribe(CommandSubscription.newBuilder()
                                    .setClientId("hangs")
                                    .setCommand("Greet " + i))
                            .setInstructionId("subscribed")
                            .build());
            await().atMost(PATIENCE).until(acknowledged::get);
        }
        List<ListenableFuture<CommandResponse>> sent = new ArrayList<>();
        for (int i = 0; i < all; i++) {
            sent.add(CommandServiceGrpc.newFutureStub(channels.get(1 + i % 3))
                    .dispatch(Command.newBuilder()
                            .setName("Greet " + i / each)
                            .setMessageIdentifier(UUID.randomUUID().toString())
                            .setPayload(payload(MEBIBYTE))
                            .build()));
        }
        await().atMost(PATIENCE).until(() -> waiting("commands") + done(sent) == all);
        assertThat(waiting("commands"))
                .isBetween(
                        Runtime.getRuntime().maxMemory() / 16 / MEBIBYTE.length(),
                        Runtime.getRuntime().maxMemory() / 8 / MEBIBYTE.length());
        for (ListenableFuture<CommandResponse> one : sent) {
            if (one.isDone()) {
                assertThat(one.get().getErrorCode()).isEqualTo("AXONIQ-4003");
            }
        }
    }

    @Test
    void largeQueriesForAHandlerThatDoesNotReadAreBoundedInBytes() throws Exception {
        Queue<QueryRequest> received = new ConcurrentLinkedQueue<>();
        AtomicReference<ClientCallStreamObserver<?>> call = idleQueryHandler(received);
        List<ListenableFuture<QueryResponse>> sent = new ArrayList<>();
        for (int i = 0; i < LARGE; i++) {
            SettableFuture<QueryResponse> answer = SettableFuture.create();
            sent.add(answer);
            QueryServiceGrpc.newStub(channels.get(1 + i % 3))
                    .query(query("query " + i), new Observer<QueryResponse>(answer::set));
        }
        await().atMost(PATIENCE)
                .until(() -> sent.stream().anyMatch(ListenableFuture::isDone)
                        && waiting("queries") + done(sent) > LARGE - 10);
        for (ListenableFuture<QueryResponse> one : sent) {
            if (one.isDone()) {
                assertThat(one.get().getErrorCode()).isEqualTo("AXONIQ-5002");
                assertThat(one.get().getErrorMessage().getMessage()).contains("too many requests");
            }
        }

        long accepted = LARGE - done(sent);
        call.get().request(LARGE);

        await().atMost(PATIENCE).until(() -> received.size() == accepted);
    }

    @Test
    void largeSubscriptionQueriesForAHandlerThatDoesNotReadAreBoundedInBytes() {
        idleQueryHandler(new ConcurrentLinkedQueue<>());
        Queue<SubscriptionQueryResponse> answers = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < LARGE; i++) {
            QueryServiceGrpc.newStub(channels.get(1 + i % 3))
                    .subscription(new Observer<SubscriptionQueryResponse>(answers::add))
                    .onNext(SubscriptionQueryRequest.newBuilder()
                            .setSubscribe(SubscriptionQuery.newBuilder()
                                    .setSubscriptionIdentifier("subscription " + i)
                                    .setQueryRequest(query("query " + i)))
                            .build());
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(answers).isNotEmpty().allSatisfy(answer -> {
                    assertThat(answer.getCompleteExceptionally().getErrorCode()).isEqualTo("AXONIQ-5002");
                    assertThat(answer.getCompleteExceptionally()
                                    .getErrorMessage()
                                    .getMessage())
                            .contains("too many requests");
                }));
    }

    /** It has permitted everything, and reads no more than the acknowledgement of that. */
    private AtomicReference<ClientCallStreamObserver<?>> idleQueryHandler(Queue<QueryRequest> received) {
        AtomicReference<ClientCallStreamObserver<?>> call = new AtomicReference<>();
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<QueryProviderOutbound> handler = QueryServiceGrpc.newStub(channels.get(0))
                .openStream(new Idle<QueryProviderOutbound, QueryProviderInbound>(call, message -> {
                    if (message.hasQuery()) {
                        received.add(message.getQuery());
                    } else {
                        acknowledged.set(true);
                    }
                }));
        permitAll(handler, "idle");
        await().atMost(PATIENCE).until(acknowledged::get);
        return call;
    }

    private static void permitAll(StreamObserver<QueryProviderOutbound> handler, String clientId) {
        handler.onNext(QueryProviderOutbound.newBuilder()
                .setSubscribe(QuerySubscription.newBuilder()
                        .setClientId(clientId)
                        .setQuery("Find")
                        .setResultName("text"))
                .build());
        handler.onNext(QueryProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setClientId(clientId).setPermits(Long.MAX_VALUE))
                .setInstructionId("ready")
                .build());
    }

    private static QueryRequest query(String identifier) {
        return QueryRequest.newBuilder()
                .setMessageIdentifier(identifier)
                .setQuery("Find")
                .setPayload(payload(MEBIBYTE))
                .build();
    }

    private static long done(List<? extends ListenableFuture<?>> sent) {
        return sent.stream().filter(ListenableFuture::isDone).count();
    }

    private long waiting(String kind) throws Exception {
        return fixture.metric("axon_" + kind + "_saturation_queued_count");
    }

    /** Each subscription costs little, however many others there are. */
    @Test
    void manyHandlersOfManyCommandsAreSubscribed() throws Exception {
        int handlers = 1500;
        int commands = 5;
        Queue<CommandProviderInbound> acknowledged = new ConcurrentLinkedQueue<>();
        for (int handler = 0; handler < handlers; handler++) {
            StreamObserver<CommandProviderOutbound> stream = CommandServiceGrpc.newStub(channels.get(handler % 4))
                    .openStream(new Observer<CommandProviderInbound>(acknowledged::add));
            for (int command = 0; command < commands; command++) {
                stream.onNext(CommandProviderOutbound.newBuilder()
                        .setSubscribe(CommandSubscription.newBuilder()
                                .setClientId("handler " + handler)
                                .setCommand("command " + command))
                        .setInstructionId(handler + "/" + command)
                        .build());
            }
        }

        await().atMost(PATIENCE).until(() -> acknowledged.size() == handlers * commands);
    }

    @Test
    void aHandlerThatReadsNoAcknowledgementsLosesItsStream() throws Exception {
        StreamObserver<CommandProviderOutbound> commands = CommandServiceGrpc.newStub(channels.get(0))
                .openStream(
                        new Idle<CommandProviderOutbound, CommandProviderInbound>(new AtomicReference<>(), m -> {}));
        commands.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(
                        CommandSubscription.newBuilder().setClientId("idle").setCommand("Greet"))
                .build());
        for (int i = 0; i < INSTRUCTIONS; i++) {
            commands.onNext(CommandProviderOutbound.newBuilder()
                    .setInstructionId(INSTRUCTION)
                    .build());
        }
        assertThat(send(channels.get(1)).get(90, TimeUnit.SECONDS).getErrorCode())
                .isEqualTo("AXONIQ-4000");

        StreamObserver<QueryProviderOutbound> queries = QueryServiceGrpc.newStub(channels.get(2))
                .openStream(new Idle<QueryProviderOutbound, QueryProviderInbound>(new AtomicReference<>(), m -> {}));
        queries.onNext(QueryProviderOutbound.newBuilder()
                .setSubscribe(QuerySubscription.newBuilder()
                        .setClientId("idle")
                        .setQuery("Find")
                        .setResultName("text"))
                .build());
        for (int i = 0; i < INSTRUCTIONS; i++) {
            queries.onNext(QueryProviderOutbound.newBuilder()
                    .setInstructionId(INSTRUCTION)
                    .build());
        }
        SettableFuture<QueryResponse> answer = SettableFuture.create();
        QueryServiceGrpc.newStub(channels.get(1)).query(query("query"), new Observer<QueryResponse>(answer::set));
        assertThat(answer.get(90, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-5000");
    }

    @Test
    void aClientThatReadsNoAcknowledgementsLosesItsStream() {
        StreamObserver<PlatformInboundInstruction> client = PlatformServiceGrpc.newStub(channels.get(0))
                .openStream(new Idle<PlatformInboundInstruction, PlatformOutboundInstruction>(
                        new AtomicReference<>(), m -> {}));
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setRegister(ClientIdentification.newBuilder().setClientId("idle"))
                .build());
        await().atMost(PATIENCE).until(() -> fixture.metric("axon_clients_connected_count") == 1);
        for (int i = 0; i < INSTRUCTIONS; i++) {
            client.onNext(PlatformInboundInstruction.newBuilder()
                    .setInstructionId(INSTRUCTION)
                    .build());
        }
        await().atMost(PATIENCE).until(() -> fixture.metric("axon_clients_connected_count") == 0);
    }

    @Test
    void oneInstructionTooManyIsRefusedAndAnAnswerMakesRoom() {
        Queue<PlatformOutboundInstruction> received = new ConcurrentLinkedQueue<>();
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<PlatformInboundInstruction> client = PlatformServiceGrpc.newStub(channels.get(0))
                .openStream(new Observer<PlatformOutboundInstruction>(message -> {
                    if (message.hasPauseEventProcessor()) {
                        received.add(message);
                    } else if (message.hasAck()) {
                        acknowledged.set(true);
                    }
                }));
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setRegister(ClientIdentification.newBuilder().setClientId("busy"))
                .build());
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setEventProcessorInfo(EventProcessorInfo.newBuilder().setProcessorName("projection"))
                .setInstructionId("reported")
                .build());
        await().atMost(PATIENCE).untilTrue(acknowledged);
        List<ListenableFuture<AdminActionResult>> sent = new ArrayList<>();
        for (int i = 0; i < MOST_INSTRUCTIONS; i++) {
            sent.add(pause());
        }
        await().atMost(PATIENCE).until(() -> received.size() == MOST_INSTRUCTIONS);

        assertThatThrownBy(() -> pause().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("RESOURCE_EXHAUSTED")
                .hasMessageContaining("AXONIQ-1004")
                .hasMessageContaining("too many instructions wait for an answer");
        assertThat(sent).noneMatch(ListenableFuture::isDone);

        client.onNext(PlatformInboundInstruction.newBuilder()
                .setResult(InstructionResult.newBuilder()
                        .setInstructionId(received.element().getInstructionId())
                        .setSuccess(true))
                .build());
        await().atMost(PATIENCE).until(() -> done(sent) == 1);
        ListenableFuture<AdminActionResult> another = pause();
        await().atMost(PATIENCE).until(() -> received.size() == MOST_INSTRUCTIONS + 1);
        assertThat(another).isNotDone();
    }

    private ListenableFuture<AdminActionResult> pause() {
        return EventProcessorAdminServiceGrpc.newFutureStub(channels.get(1))
                .pauseEventProcessor(EventProcessorIdentifier.newBuilder()
                        .setProcessorName("projection")
                        .build());
    }

    /** What changes before its reader takes it is listed as it is then. */
    @Test
    void processorsAreListedAsTheyAreRead() {
        AtomicInteger acknowledged = new AtomicInteger();
        StreamObserver<PlatformInboundInstruction> client = PlatformServiceGrpc.newStub(channels.get(0))
                .openStream(new Observer<PlatformOutboundInstruction>(message -> {
                    if (message.hasAck()) {
                        acknowledged.incrementAndGet();
                    }
                }));
        report(client, "before");
        await().atMost(PATIENCE).until(() -> acknowledged.get() == LARGE);
        Queue<EventProcessor> listed = new ConcurrentLinkedQueue<>();
        AtomicReference<ClientCallStreamObserver<?>> call = new AtomicReference<>();
        EventProcessorAdminServiceGrpc.newStub(channels.get(1))
                .getAllEventProcessors(Empty.getDefaultInstance(), new Idle<Empty, EventProcessor>(call, listed::add));
        await().atMost(PATIENCE).until(() -> listed.size() == 1);

        report(client, "after");
        await().atMost(PATIENCE).until(() -> acknowledged.get() == 2 * LARGE);
        call.get().request(LARGE);

        await().atMost(PATIENCE).until(() -> listed.size() == LARGE);
        assertThat(listed).first().satisfies(first -> assertThat(first.getMode())
                .startsWith("before"));
        assertThat(listed).last().satisfies(last -> assertThat(last.getMode()).startsWith("after"));
    }

    /** The answer of a node with many processors would not fit into memory as a whole. */
    @Test
    void processorsAreListedOverHttpAsTheyAreRead() throws Exception {
        AtomicInteger acknowledged = new AtomicInteger();
        StreamObserver<PlatformInboundInstruction> client = PlatformServiceGrpc.newStub(channels.get(0))
                .openStream(new Observer<PlatformOutboundInstruction>(message -> {
                    if (message.hasAck()) {
                        acknowledged.incrementAndGet();
                    }
                }));
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setRegister(ClientIdentification.newBuilder().setComponentName("component"))
                .build());
        report(client, "before");
        await().atMost(PATIENCE).until(() -> acknowledged.get() == LARGE);
        URI list = URI.create("http://127.0.0.1:" + fixture.node().httpPort() + "/v1/components/component/processors");
        try (PushbackInputStream answer = new PushbackInputStream(list.toURL().openStream())) {
            answer.unread(answer.read()); // It has begun.
            report(client, "after");
            await().atMost(PATIENCE).until(() -> acknowledged.get() == 2 * LARGE);

            JsonArray listed = JsonParser.parseReader(new InputStreamReader(answer, StandardCharsets.UTF_8))
                    .getAsJsonArray();

            assertThat(listed).hasSize(LARGE);
            assertThat(mode(listed.get(0))).startsWith("before");
            assertThat(mode(listed.get(LARGE - 1))).startsWith("after");
        }
        HttpResponse<String> head = fixture.http("HEAD", "/v1/components/component/processors", "");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    private static String mode(JsonElement processor) {
        return processor.getAsJsonObject().get("mode").getAsString();
    }

    /** More than a client is sent at once. */
    @Test
    void whoAsksForTheTopologyIsToldOfAllHandlers() {
        Set<String> told = ConcurrentHashMap.newKeySet();
        AtomicInteger subscribed = new AtomicInteger();
        int commands = 30 * LARGE;
        StreamObserver<CommandProviderOutbound> handler = CommandServiceGrpc.newStub(channels.get(0))
                .openStream(new Observer<CommandProviderInbound>(message -> subscribed.incrementAndGet()));
        for (int i = 0; i < commands; i++) {
            handler.onNext(CommandProviderOutbound.newBuilder()
                    .setSubscribe(CommandSubscription.newBuilder()
                            .setClientId("client")
                            .setCommand("command " + i))
                    .setInstructionId("subscribe")
                    .build());
        }
        await().atMost(PATIENCE).until(() -> subscribed.get() == commands);
        StreamObserver<PlatformInboundInstruction> client = PlatformServiceGrpc.newStub(channels.get(1))
                .openStream(new Observer<PlatformOutboundInstruction>(message -> {
                    if (message.hasTopologyChange()) {
                        told.add(message.getTopologyChange().getCommand().getName());
                    }
                }));
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setSubscribeTopologyChanges(SubscribeTopologyChanges.getDefaultInstance())
                .build());

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(told).hasSize(1 + commands));
    }

    private static void report(StreamObserver<PlatformInboundInstruction> client, String mode) {
        for (int i = 0; i < LARGE; i++) {
            client.onNext(PlatformInboundInstruction.newBuilder()
                    .setEventProcessorInfo(EventProcessorInfo.newBuilder()
                            .setProcessorName("projection " + i)
                            .setMode(mode + "x".repeat(100_000)))
                    .setInstructionId("reported")
                    .build());
        }
    }

    @Test
    void persistentStreamsAreListedAsTheyAreRead() throws Exception {
        EventChannel streams = fixture.connect("client").eventChannel();
        for (int i = 0; i < LARGE; i++) {
            streams.createPersistentStream(
                            "stream " + (LARGE + i),
                            new PersistentStreamProperties(
                                    "before",
                                    1,
                                    "SequentialPolicy",
                                    List.of(),
                                    "TAIL",
                                    "payloadType = \"" + "x".repeat(15_000) + '"'))
                    .get(30, TimeUnit.SECONDS);
        }
        Queue<StreamStatus> listed = new ConcurrentLinkedQueue<>();
        AtomicReference<ClientCallStreamObserver<?>> call = new AtomicReference<>();
        PersistentStreamServiceGrpc.newStub(channels.get(1))
                .listStreams(
                        ListStreamsRequest.getDefaultInstance(),
                        new Idle<ListStreamsRequest, StreamStatus>(call, listed::add));
        await().atMost(PATIENCE).until(() -> listed.size() == 1);

        for (StreamStatus status : streams.persistentStreams().get(30, TimeUnit.SECONDS)) {
            streams.updatePersistentStreamName(status.getStreamId(), "after").get(30, TimeUnit.SECONDS);
        }
        call.get().request(LARGE);

        await().atMost(PATIENCE).until(() -> listed.size() == LARGE);
        assertThat(listed).first().satisfies(first -> assertThat(first.getStreamName())
                .startsWith("before"));
        assertThat(listed).last().satisfies(last -> assertThat(last.getStreamName())
                .isEqualTo("after"));
    }

    @Test
    void namesAndTypesOfResultsAreBounded() throws Exception {
        String tooLong = "x".repeat(4097);
        assertThat(refusalOf(
                        CommandSubscription.newBuilder().setCommand("Greet").setClientId(tooLong)))
                .contains("name of a client has 4096 characters at most");
        assertThat(refusalOf(CommandSubscription.newBuilder()
                        .setCommand("Greet")
                        .setClientId("client")
                        .setComponentName(tooLong)))
                .contains("name of a component has 4096 characters at most");
        assertThat(refusalOf(List.of(QuerySubscription.newBuilder()
                        .setQuery("Find")
                        .setClientId("client")
                        .setResultName(tooLong)
                        .build())))
                .contains("name of a result has 4096 characters at most");
        assertThat(refusalOf(IntStream.rangeClosed(0, 100)
                        .mapToObj(type -> QuerySubscription.newBuilder()
                                .setQuery("Find")
                                .setClientId("client")
                                .setResultName("type " + type)
                                .build())
                        .toList()))
                .contains("100 types of results of a query at most");
        assertThatThrownBy(() -> CommandServiceGrpc.newBlockingStub(channels.get(0))
                        .dispatch(Command.newBuilder()
                                .setName("Greet")
                                .setMessageIdentifier(tooLong)
                                .build()))
                .hasMessageContaining("identifier of a command has 4096 characters at most");
        assertThatThrownBy(() -> QueryServiceGrpc.newBlockingStub(channels.get(0))
                        .query(QueryRequest.newBuilder().setQuery(tooLong).build())
                        .next())
                .hasMessageContaining("name of a query has 4096 characters at most");
        EventSchedulerGrpc.EventSchedulerBlockingStub scheduler = EventSchedulerGrpc.newBlockingStub(channels.get(0));
        assertThatThrownBy(() -> scheduler.cancelScheduledEvent(CancelScheduledEventRequest.newBuilder()
                        .setToken(tooLong)
                        .build()))
                .hasMessageContaining("token of a scheduled event has 4096 characters at most");
        assertThatThrownBy(() -> scheduler.rescheduleEvent(
                        RescheduleEventRequest.newBuilder().setToken(tooLong).build()))
                .hasMessageContaining("token of a scheduled event has 4096 characters at most");
    }

    @Test
    void typesThatAReaderExcludesAreBounded() throws Exception {
        assertThat(refusalOf(IntStream.range(0, 5).mapToObj(type -> type + MEBIBYTE)))
                .contains("10000 types and 4194304 bytes of them at most");
        assertThat(refusalOf(IntStream.rangeClosed(0, 10_000).mapToObj(type -> "type " + type)))
                .contains("10000 types and 4194304 bytes of them at most");
    }

    private String refusalOf(Stream<String> excludedTypes) throws Exception {
        SettableFuture<String> refusal = SettableFuture.create();
        StreamObserver<GetEventsRequest> reader =
                EventStoreGrpc.newStub(channels.get(0)).listEvents(new Ending<EventWithToken>(refusal));
        excludedTypes.forEach(type -> reader.onNext(GetEventsRequest.newBuilder()
                .addBlacklist(PayloadDescription.newBuilder().setType(type))
                .build()));
        return refusal.get(90, TimeUnit.SECONDS);
    }

    private String refusalOf(CommandSubscription.Builder subscription) throws Exception {
        SettableFuture<String> refusal = SettableFuture.create();
        CommandServiceGrpc.newStub(channels.get(0))
                .openStream(new Ending<CommandProviderInbound>(refusal))
                .onNext(CommandProviderOutbound.newBuilder()
                        .setSubscribe(subscription)
                        .build());
        return refusal.get(90, TimeUnit.SECONDS);
    }

    private String refusalOf(List<QuerySubscription> subscriptions) throws Exception {
        SettableFuture<String> refusal = SettableFuture.create();
        StreamObserver<QueryProviderOutbound> handler =
                QueryServiceGrpc.newStub(channels.get(0)).openStream(new Ending<QueryProviderInbound>(refusal));
        subscriptions.forEach(subscription -> handler.onNext(
                QueryProviderOutbound.newBuilder().setSubscribe(subscription).build()));
        return refusal.get(90, TimeUnit.SECONDS);
    }

    @Test
    void aHandlerWhoseStreamTheNodeEndedIsSentNothingMore() {
        AtomicBoolean acknowledged = new AtomicBoolean();
        StreamObserver<CommandProviderOutbound> handler = CommandServiceGrpc.newStub(channels.get(0))
                .openStream(new Receiver(new ConcurrentLinkedQueue<>(), acknowledged));
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(
                        CommandSubscription.newBuilder().setClientId("refused").setCommand("Greet"))
                .setInstructionId("ready")
                .build());
        await().atMost(PATIENCE).until(acknowledged::get);

        handler.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(CommandSubscription.newBuilder().setCommand("x".repeat(5000)))
                .build());

        await().atMost(PATIENCE).ignoreExceptions().until(() -> send(channels.get(1))
                .get(30, TimeUnit.SECONDS)
                .getErrorCode()
                .equals("AXONIQ-4000"));
    }

    private static ListenableFuture<CommandResponse> send(ManagedChannel channel) {
        return CommandServiceGrpc.newFutureStub(channel)
                .dispatch(Command.newBuilder()
                        .setName("Greet")
                        .setMessageIdentifier(UUID.randomUUID().toString())
                        .build());
    }

    private record Receiver(Queue<Command> received, AtomicBoolean acknowledged)
            implements StreamObserver<CommandProviderInbound> {
        @Override
        public void onNext(CommandProviderInbound message) {
            if (message.hasCommand()) {
                received.add(message.getCommand());
            } else {
                acknowledged.set(true);
            }
        }

        @Override
        public void onError(Throwable reason) {}

        @Override
        public void onCompleted() {}
    }

    private record Ending<T>(SettableFuture<String> refusal) implements StreamObserver<T> {
        @Override
        public void onNext(T message) {}

        @Override
        public void onError(Throwable reason) {
            refusal.set(reason.getMessage());
        }

        @Override
        public void onCompleted() {}
    }

    /** Reads one message, and others when it is told to. */
    private static final class Idle<Q, T> extends Observer<T> implements ClientResponseObserver<Q, T> {
        private final AtomicReference<ClientCallStreamObserver<?>> call;

        Idle(AtomicReference<ClientCallStreamObserver<?>> call, Consumer<T> seen) {
            super(seen);
            this.call = call;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> started) {
            started.disableAutoRequestWithInitial(1);
            call.set(started);
        }
    }
}
