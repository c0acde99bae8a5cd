package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc.CommandServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShutdownTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SENDERS = 16;

    @Test
    void whoCallsWhileTheNodeEndsIsNotToldOfAnErrorOfTheNode(@TempDir Path data) throws Exception {
        AxonServerNode node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", node.grpcPort())
                .usePlaintext()
                .build();
        CommandServiceBlockingStub commands = CommandServiceGrpc.newBlockingStub(channel);
        AtomicLong answered = new AtomicLong();
        AtomicBoolean isOver = new AtomicBoolean();
        Set<Status.Code> refusals = ConcurrentHashMap.newKeySet();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            Thread sender = new Thread(() -> {
                while (!isOver.get()) {
                    try {
                        assertThat(commands.dispatch(Command.newBuilder()
                                                .setName("Nobody's")
                                                .build())
                                        .getErrorCode())
                                .isEqualTo("AXONIQ-4000");
                        answered.incrementAndGet();
                    } catch (StatusRuntimeException refused) {
                        refusals.add(refused.getStatus().getCode());
                    }
                }
            });
            sender.start();
            senders.add(sender);
        }
        await().atMost(PATIENCE).until(() -> answered.get() > 2000);

        node.close();

        isOver.set(true);
        for (Thread sender : senders) {
            sender.join();
        }
        channel.shutdownNow();
        assertThat(refusals)
                .contains(Status.Code.UNAVAILABLE)
                .doesNotContain(Status.Code.INTERNAL, Status.Code.UNKNOWN);
    }
}
