package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client does wrong it is told; the log, which each client could fill, does not tell it with a stack. */
class ClientsFaultsLogTest {
    @TempDir
    private Path folder;

    @Test
    void noStackIsToldOfMessagesThatCannotBeTakenNorOfAnotherProtocol() throws Exception {
        Path errors = folder.resolve("errors");
        ServerProcess server = ServerProcess.start(folder.resolve("data"), errors);
        AxonServerConnectionFactory connector = server.connector();
        try {
            assertThatThrownBy(() -> append(connector.connect("default"), event("a", 0, "x".repeat(17 << 20))))
                    .hasStackTraceContaining("RESOURCE_EXHAUSTED");
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build();
            byte[] noMessage = {-1, -1, -1};
            assertThat(ApiServices.call(channel, EventStoreGrpc.getAppendEventMethod(), List.of(noMessage), 1))
                    .succeedsWithin(Duration.ofSeconds(60))
                    .satisfies(status -> assertThat(status.isOk()).isFalse());
            channel.shutdownNow();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readAllBytes()).isNotEmpty();
            }
            server.process().destroy();
            assertThat(server.process().waitFor(60, TimeUnit.SECONDS)).isTrue();

            assertThat(errors).content().doesNotContain("\tat ");
        } finally {
            connector.shutdown();
            server.kill();
        }
    }
}
