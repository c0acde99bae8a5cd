package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.NodeConfiguration.Limits;
import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitsTest {
    @TempDir
    private Path data;

    @Test
    void aConnectionTooManyIsRefusedUntilAnotherOneEnds() {
        List<ManagedChannel> channels = new ArrayList<>();
        try (NodeFixture fixture =
                new NodeFixture(NodeConfiguration.of(data, 0, 0).withLimits(new Limits(1 << 20, 3, 10)))) {
            for (int i = 0; i < 4; i++) {
                channels.add(NettyChannelBuilder.forAddress(
                                "127.0.0.1", fixture.node().grpcPort())
                        .usePlaintext()
                        .build());
            }
            for (ManagedChannel channel : channels.subList(0, 3)) {
                assertThat(lastToken(channel)).isEqualTo(-1);
            }
            assertThatThrownBy(() -> lastToken(channels.get(3))).isInstanceOf(StatusRuntimeException.class);
            assertThat(lastToken(channels.get(0))).isEqualTo(-1);

            channels.get(1).shutdownNow();
            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> lastToken(channels.get(3)) == -1);
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    @Test
    void whoeverDoesNotFinishItsHandshakeCountsAndIsClosedInTime() throws Exception {
        Certificates server = Certificates.make(data, "server");
        Access access = new Access(AccessControl.off(), Tls.read(server.certificate(), server.key(), null), false);
        List<Socket> sockets = new ArrayList<>();
        ManagedChannel channel = null;
        try (NodeFixture fixture = new NodeFixture(NodeConfiguration.of(data.resolve("store"), 0, 0)
                .withAccess(access)
                .withLimits(new Limits(1 << 20, 3, 10)))) {
            for (int i = 0; i < 3; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), fixture.node().grpcPort());
                sockets.add(socket);
                socket.getOutputStream().write(0x16); // The first byte of a handshake.
            }
            channel = NettyChannelBuilder.forAddress("127.0.0.1", fixture.node().grpcPort())
                    .sslContext(GrpcSslContexts.forClient()
                            .trustManager(server.certificate().toFile())
                            .build())
                    .build();
            ManagedChannel client = channel;
            assertThatThrownBy(() -> lastToken(client)).isInstanceOf(StatusRuntimeException.class);
            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> lastToken(client) == -1);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
            if (channel != null) {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void aMessageTooLargeIsRefusedAndTheNextOneIsServed() throws Exception {
        try (NodeFixture fixture =
                new NodeFixture(NodeConfiguration.of(data, 0, 0).withLimits(new Limits(100_000, 10, 10)))) {
            AxonServerConnection client = fixture.connect("client");
            assertThatThrownBy(() -> append(client, event("a", 0, "x".repeat(200_000))))
                    .hasStackTraceContaining("RESOURCE_EXHAUSTED");
            append(client, event("a", 0, "small"));
            assertThat(client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                    .isZero();
        }
    }

    private static long lastToken(ManagedChannel channel) {
        return EventStoreGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .getLastToken(GetLastTokenRequest.getDefaultInstance())
                .getToken();
    }
}
