package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.protocol.ContextHeader;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.control.ProcessorInstructionHandler;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.Heartbeat;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlatformTest {
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

    @Test
    void aClientThatStopsAnsweringHeartbeatsLosesAllItsStreams() throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        "127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
        try {
            Recorder<CommandProviderInbound> commands = new Recorder<>();
            StreamObserver<CommandProviderOutbound> handler =
                    CommandServiceGrpc.newStub(channel).openStream(commands);
            handler.onNext(CommandProviderOutbound.newBuilder()
                    .setSubscribe(CommandSubscription.newBuilder()
                            .setClientId("silent")
                            .setComponentName("silent")
                            .setCommand("Greet"))
                    .build());
            Recorder<PlatformOutboundInstruction> instructions = new Recorder<>();
            StreamObserver<PlatformInboundInstruction> platform =
                    PlatformServiceGrpc.newStub(channel).openStream(instructions);
            platform.onNext(PlatformInboundInstruction.newBuilder()
                    .setRegister(ClientIdentification.newBuilder()
                            .setClientId("silent")
                            .setComponentName("silent"))
                    .build());
            platform.onNext(PlatformInboundInstruction.newBuilder()
                    .setInstructionId("beat-1")
                    .setHeartbeat(Heartbeat.getDefaultInstance())
                    .build());

            await().atMost(5, TimeUnit.SECONDS)
                    .until(() -> instructions.failure.get() != null && commands.failure.get() != null);
            assertThat(Status.fromThrowable(instructions.failure.get()).getCode())
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(instructions.messages)
                    .anyMatch(PlatformOutboundInstruction::hasHeartbeat)
                    .anyMatch(message -> message.getAck().getInstructionId().equals("beat-1"));
            assertThat(fixture.connect("sender")
                            .commandChannel()
                            .sendCommand(Command.newBuilder().setName("Greet").build())
                            .get(5, TimeUnit.SECONDS)
                            .getErrorCode())
                    .isEqualTo("AXONIQ-4000");
        } finally {
            channel.shutdownNow();
        }
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
        await().atMost(10, TimeUnit.SECONDS).until(() -> call("GET", "").body().contains("\"name\":\"projection\""));

        assertThat(call("PATCH", "/projection/pause").statusCode()).isEqualTo(200);
        assertThat(call("PATCH", "/projection/start").statusCode()).isEqualTo(200);
        assertThat(call("PATCH", "/projection/segments/split").statusCode()).isEqualTo(200);
        assertThat(call("PATCH", "/projection/segments/merge").statusCode()).isEqualTo(400);
        assertThat(call("PATCH", "/projection/segments/3/move?target=other").statusCode())
                .isEqualTo(200);
        assertThat(call("PATCH", "/unknown/pause").statusCode()).isEqualTo(400);
        assertThat(calls).containsExactly("pause", "start", "split 3", "merge 3", "release 3");
    }

    @Test
    void healthAndContextsAreAnsweredOverHttp() throws Exception {
        assertThat(get("/actuator/health")).isEqualTo("{\"status\":\"UP\"}");
        assertThat(get("/v1/public/me"))
                .contains("\"grpcPort\":" + fixture.node().grpcPort());
        assertThat(get("/v1/public/context")).contains(ContextHeader.DEFAULT_CONTEXT);
    }

    @Test
    void aNameThatIsNoContextIsRefused() {
        assertThatThrownBy(() -> fixture.connect("client", "id", "../escape")
                        .eventChannel()
                        .getLastToken()
                        .get(5, TimeUnit.SECONDS))
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
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(uri("/v1/components/component/processors" + path))
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private String get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + fixture.node().httpPort() + path);
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
