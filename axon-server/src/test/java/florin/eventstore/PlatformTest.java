package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.Registration;
import io.axoniq.axonserver.connector.control.ProcessorInstructionHandler;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.Heartbeat;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.axoniq.axonserver.grpc.control.TopologyChange;
import io.axoniq.axonserver.grpc.control.UpdateType;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.RandomAccessFile;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class PlatformTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path data;

    private NodeFixture fixture;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(
                NodeConfiguration.of(data, 0, 0).withHeartbeat(Duration.ofMillis(100), Duration.ofMillis(700)));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    /** Whoever reads the log would take what follows a line break for the node's own words. */
    @Test
    void theLogHasNamesOfClientsOnOneLineAndNotWholeIfTheyAreLong() {
        Logger logger = (Logger) LoggerFactory.getLogger("florin.eventstore");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            fixture.connect("forger\n12:00:00.000 ERROR all is lost\u2028", "x".repeat(4000), "default");

            String named = "forger?12:00:00.000 ERROR all is lost? (" + "x".repeat(200) + "...)";
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(List.copyOf(log.list))
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .contains(named + " connected to context default"));
        } finally {
            logger.detachAppender(log);
        }
    }

    @Test
    void aClientThatStopsAnsweringHeartbeatsLosesAllItsStreams() throws Exception {
        ManagedChannel channel = channel();
        try {
            Recorder<CommandProviderInbound> commands = new Recorder<>();
            handle(channel, commands);
            Recorder<EventWithToken> events = new Recorder<>();
            EventStoreGrpc.newStub(channel)
                    .listEvents(events)
                    .onNext(GetEventsRequest.newBuilder()
                            .setNumberOfPermits(100)
                            .build());
            Recorder<SubscriptionQueryResponse> updates = new Recorder<>();
            QueryServiceGrpc.newStub(channel)
                    .subscription(updates)
                    .onNext(SubscriptionQueryRequest.newBuilder()
                            .setSubscribe(SubscriptionQuery.newBuilder().setSubscriptionIdentifier("subscription"))
                            .build());
            Recorder<PlatformOutboundInstruction> instructions = new Recorder<>();
            beat(register(channel, instructions));

            await().atMost(PATIENCE).until(() -> Stream.of(instructions, commands, events, updates)
                    .allMatch(stream -> stream.failure.get() != null));
            assertThat(Stream.of(instructions, commands, events, updates).map(stream -> stream.failure.get()))
                    .allSatisfy(failure -> assertThat(failure)
                            .hasMessageContaining("AXONIQ-3001")
                            .extracting(Status::fromThrowable)
                            .extracting(Status::getCode)
                            .isEqualTo(Status.Code.UNAVAILABLE));
            assertThat(instructions.messages)
                    .anyMatch(PlatformOutboundInstruction::hasHeartbeat)
                    .anyMatch(message -> message.getAck().getInstructionId().equals("beat-1"));
            assertThat(greet().get(30, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-4000");
        } finally {
            channel.shutdownNow();
        }
    }

    /** Calls that wait for a disk: the file that a context's store begins with is a pipe that nobody writes into. */
    @Test
    void heartbeatsAndCallsOfOtherContextsAreHeardWhileCallsWaitForTheirContext() throws Exception {
        Path head = Files.createDirectories(data.resolve("contexts/waits")).resolve("head");
        assumeThat(new ProcessBuilder("mkfifo", head.toString()).start().waitFor())
                .isZero();
        ManagedChannel channel = channel();
        try {
            Recorder<PlatformOutboundInstruction> instructions = new Recorder<>();
            StreamObserver<PlatformInboundInstruction> platform = register(channel, instructions);
            await().atMost(PATIENCE).until(() -> !instructions.messages.isEmpty());
            Metadata headers = new Metadata();
            headers.put(Metadata.Key.of("AxonIQ-Context", Metadata.ASCII_STRING_MARSHALLER), "waits");
            for (int call = 0; call < 64; call++) {
                var unused = EventStoreGrpc.newFutureStub(channel)
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                        .getLastToken(GetLastTokenRequest.getDefaultInstance());
            }
            int threads = Math.max(4, Runtime.getRuntime().availableProcessors());
            await().atMost(PATIENCE)
                    .until(() -> Thread.getAllStackTraces().entrySet().stream()
                                    .filter(thread -> thread.getKey().getName().startsWith("new-context-call-"))
                                    .filter(thread -> Stream.of(thread.getValue())
                                            .anyMatch(frame ->
                                                    frame.getClassName().endsWith("storage.Contexts")))
                                    .count()
                            >= threads);

            beat(platform);

            await().atMost(PATIENCE).until(() -> instructions.messages.stream()
                    .anyMatch(message -> message.getAck().getInstructionId().equals("beat-1")));
            assertThat(EventStoreGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(30, TimeUnit.SECONDS)
                            .getLastToken(GetLastTokenRequest.getDefaultInstance())
                            .getToken())
                    .isEqualTo(-1);
        } finally {
            channel.shutdownNow();
            // To open it for both does not wait; whoever waits for it then reads its end, and the next one finds
            // nothing.
            RandomAccessFile pipe = new RandomAccessFile(head.toFile(), "rw");
            Files.delete(head);
            pipe.close();
        }
    }

    /** Its network went silent, so that the node noticed nothing, and it has connected again. */
    @Test
    void aClientThatCameBackKeepsItsNewStreamsWhenTheHeartbeatsOfTheOldOnesStop() {
        ManagedChannel lost = channel();
        ManagedChannel channel = channel();
        try {
            Recorder<PlatformOutboundInstruction> lostInstructions = new Recorder<>();
            beat(register(lost, lostInstructions));
            Recorder<CommandProviderInbound> lostCommands = new Recorder<>();
            handle(lost, lostCommands);
            Recorder<CommandProviderInbound> commands = new Recorder<>();
            handle(channel, commands);
            Recorder<PlatformOutboundInstruction> instructions = new Recorder<>();
            register(channel, instructions);

            await().atMost(PATIENCE)
                    .until(() -> lostInstructions.failure.get() != null && lostCommands.failure.get() != null);
            var unanswered = greet();

            await().atMost(PATIENCE)
                    .until(() -> commands.messages.stream().anyMatch(CommandProviderInbound::hasCommand));
            assertThat(unanswered).isNotDone();
            assertThat(commands.failure.get()).isNull();
            assertThat(instructions.failure.get()).isNull();
        } finally {
            lost.shutdownNow();
            channel.shutdownNow();
        }
    }

    private ManagedChannel channel() {
        return NettyChannelBuilder.forAddress("127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
    }

    private static StreamObserver<PlatformInboundInstruction> register(
            ManagedChannel channel, Recorder<PlatformOutboundInstruction> instructions) {
        StreamObserver<PlatformInboundInstruction> platform =
                PlatformServiceGrpc.newStub(channel).openStream(instructions);
        platform.onNext(PlatformInboundInstruction.newBuilder()
                .setRegister(
                        ClientIdentification.newBuilder().setClientId("silent").setComponentName("silent"))
                .build());
        return platform;
    }

    /** One heartbeat, after which others are expected. */
    private static void beat(StreamObserver<PlatformInboundInstruction> platform) {
        platform.onNext(PlatformInboundInstruction.newBuilder()
                .setInstructionId("beat-1")
                .setHeartbeat(Heartbeat.getDefaultInstance())
                .build());
    }

    /** Subscribes, and waits until the node has said so. */
    private static void handle(ManagedChannel channel, Recorder<CommandProviderInbound> commands) {
        StreamObserver<CommandProviderOutbound> handler =
                CommandServiceGrpc.newStub(channel).openStream(commands);
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setInstructionId("subscribe")
                .setSubscribe(CommandSubscription.newBuilder()
                        .setClientId("silent")
                        .setComponentName("silent")
                        .setCommand("Greet"))
                .build());
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setClientId("silent").setPermits(100))
                .build());
        await().atMost(PATIENCE).until(() -> !commands.messages.isEmpty());
    }

    private CompletableFuture<CommandResponse> greet() {
        return fixture.connect("sender")
                .commandChannel()
                .sendCommand(Command.newBuilder().setName("Greet").build());
    }

    @Test
    void aClientOfTheConnectorStaysConnectedThroughHeartbeats() {
        AxonServerConnection client = fixture.connect("lively");
        client.controlChannel().enableHeartbeat(100, 700, TimeUnit.MILLISECONDS);

        await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(4)).until(client::isConnected);
    }

    @Test
    void eventProcessorsAreShownAndSteeredOverHttp() throws Exception {
        List<String> calls = new CopyOnWriteArrayList<>();
        AxonServerConnection client = fixture.connect("component");
        client.controlChannel()
                .registerEventProcessor(
                        "projection",
                        () -> EventProcessorInfo.newBuilder()
                                .setProcessorName("projection")
                                .setRunning(true)
                                .addSegmentStatus(EventProcessorInfo.SegmentStatus.newBuilder()
                                        .setSegmentId(3)
                                        .setOnePartOf(1))
                                .build(),
                        recordingTo(calls));
        await().atMost(30, TimeUnit.SECONDS).until(() -> call("GET", "").body().contains("\"name\":\"projection\""));

        assertThat(call("PATCH", "/projection/pause").statusCode()).isEqualTo(200);
        assertThat(call("PATCH", "/projection/start").statusCode()).isEqualTo(200);
        assertThat(call("PATCH", "/projection/segments/split").statusCode()).isEqualTo(200);
        assertThat(call("PATCH", "/projection/segments/merge").statusCode()).isEqualTo(502);
        assertThat(call("PATCH", "/projection/segments/3/move?target=other").statusCode())
                .isEqualTo(400);
        assertThat(call("PATCH", "/projection/segments/x/move?target=other").statusCode())
                .isEqualTo(400);
        assertThat(call("PATCH", "/unknown/pause").statusCode()).isEqualTo(404);
        assertThatThrownBy(() -> fixture.connect("admin")
                        .adminChannel()
                        .mergeEventProcessor("projection", "")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("AXONIQ-1004")
                .hasMessageContaining("could not do it");
        assertThat(calls).containsExactly("pause", "start", "split 3", "merge 3", "merge 3");
    }

    @Test
    void whoAsksIsToldWhichHandlersComeAndGo() throws Exception {
        List<TopologyChange> changes = new CopyOnWriteArrayList<>();
        AxonServerConnection early = fixture.connect("early");
        early.commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()), 70, "Greet")
                .awaitAck(30, TimeUnit.SECONDS);
        fixture.connect("watcher").controlChannel().registerTopologyChangeHandler(changes::add);
        await().atMost(PATIENCE).until(() -> changes.stream().anyMatch(TopologyChange::hasCommand));

        Registration registration = early.queryChannel()
                .registerQueryHandler((query, response) -> response.complete(), new QueryDefinition("Find", "text"));
        await().atMost(PATIENCE).until(() -> changes.stream().anyMatch(TopologyChange::hasQuery));
        registration.cancel().get(30, TimeUnit.SECONDS);
        await().atMost(PATIENCE).until(() -> changes.stream()
                .anyMatch(change -> change.getUpdateType() == UpdateType.REMOVE_QUERY_HANDLER));
        early.disconnect();
        await().atMost(PATIENCE).until(() -> changes.stream()
                .anyMatch(change -> change.getUpdateType() == UpdateType.REMOVE_COMMAND_HANDLER));

        assertThat(changes.stream().map(TopologyChange::getUpdateType))
                .containsExactly(
                        UpdateType.RESET_ALL,
                        UpdateType.ADD_COMMAND_HANDLER,
                        UpdateType.ADD_QUERY_HANDLER,
                        UpdateType.REMOVE_QUERY_HANDLER,
                        UpdateType.REMOVE_COMMAND_HANDLER);
        assertThat(changes.get(1)).satisfies(change -> {
            assertThat(change.getContext()).isEqualTo("default");
            assertThat(change.getComponentName()).isEqualTo("early");
            assertThat(change.getClientId()).startsWith("early-");
            assertThat(change.getCommand().getName()).isEqualTo("Greet");
            assertThat(change.getCommand().getLoadFactor()).isEqualTo(70);
        });
    }

    @Test
    void aNameThatIsNoContextIsRefused() {
        assertThatThrownBy(() -> fixture.connect("client", "id", "../escape")
                        .eventChannel()
                        .getLastToken()
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("AXONIQ-9200")
                .hasMessageContaining("not a context name");
        assertThat(data.resolve("escape")).doesNotExist();
    }

    private static ProcessorInstructionHandler recordingTo(List<String> calls) {
        return new ProcessorInstructionHandler() {
            @Override
            public CompletableFuture<Boolean> releaseSegment(int segment) {
                return record("release " + segment, true);
            }

            @Override
            public CompletableFuture<Boolean> splitSegment(int segment) {
                return record("split " + segment, true);
            }

            @Override
            public CompletableFuture<Boolean> mergeSegment(int segment) {
                return record("merge " + segment, false);
            }

            @Override
            public CompletableFuture<Void> pauseProcessor() {
                return record("pause", null);
            }

            @Override
            public CompletableFuture<Void> startProcessor() {
                return record("start", null);
            }

            private <T> CompletableFuture<T> record(String call, T result) {
                calls.add(call);
                return CompletableFuture.completedFuture(result);
            }
        };
    }

    private HttpResponse<String> call(String method, String path) throws Exception {
        return fixture.http(method, "/v1/components/component/processors" + path, "");
    }

    private static final class Recorder<T> implements StreamObserver<T> {
        private final List<T> messages = new CopyOnWriteArrayList<>();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        @Override
        public void onNext(T message) {
            messages.add(message);
        }

        @Override
        public void onError(Throwable reason) {
            failure.set(reason);
        }

        @Override
        public void onCompleted() {
            failure.compareAndSet(null, new IllegalStateException("completed"));
        }
    }
}
