package florin.eventstore;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A process of its own for each test, and a few connections to it. */
abstract class ClientsOfOneProcess {
    private static final int CONNECTIONS = 4;

    @TempDir
    private Path data;

    final List<ManagedChannel> channels = new ArrayList<>();
    ServerProcess server;

    @BeforeEach
    void start() throws Exception {
        server = ServerProcess.start(data);
        for (int i = 0; i < CONNECTIONS; i++) {
            channels.add(NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .build());
        }
    }

    @AfterEach
    void stop() throws Exception {
        channels.forEach(ManagedChannel::shutdownNow);
        server.kill();
    }
}
