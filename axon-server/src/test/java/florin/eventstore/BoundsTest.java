package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A handler that permits everything and answers nothing: what the node sends it, and keeps for it, is bounded. */
class BoundsTest {
    private static final int IN_FLIGHT = 10_000;
    private static final int WAITING = 10_000;
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
}
