package florin.bench.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.bench.Measured;
import florin.eventstore.AxonServerNode;
import florin.eventstore.NodeConfiguration;
import io.grpc.Server;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each load does what it says, on the real server and on the ceiling; how fast is not asked here. */
class ServerRateTest {
    @TempDir
    private Path data;

    @Test
    void everyLoadRunsWithoutErrorsOnTheServer() throws Exception {
        try (AxonServerNode node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
                AxonClient client = new AxonClient("localhost", node.grpcPort(), null)) {
            everyLoadRuns(client);
        }
    }

    @Test
    void everyLoadRunsWithoutErrorsOnTheCeiling() throws Exception {
        Server ceiling = Ceiling.start();
        try (AxonClient client = new AxonClient("localhost", ceiling.getPort(), null)) {
            everyLoadRuns(client);
        } finally {
            ceiling.shutdownNow();
        }
    }

    private static void everyLoadRuns(AxonClient client) throws InterruptedException {
        client.fill(2_500);
        assertRan(client.stream(2_000));
        assertRan(ClosedLoop.run(client.append(1, 8), 8, 0.2));
        assertRan(ClosedLoop.run(client.append(100, 2), 2, 0.2));
        String aggregate = client.aggregateOf(300);
        assertRan(ClosedLoop.run(client.loadAggregate(aggregate, 300), 1, 0.2));
        assertRan(ClosedLoop.run(client.command(), 8, 0.2));
        assertRan(ClosedLoop.run(client.query(), 8, 0.2));
    }

    private static void assertRan(Measured measured) {
        assertThat(measured.errors()).isZero();
        assertThat(measured.calls()).isPositive();
        assertThat(measured.perSecond()).isPositive();
    }

    @Test
    void aWrongAnswerIsAnError() throws Exception {
        try (AxonServerNode node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
                AxonClient client = new AxonClient("localhost", node.grpcPort(), null)) {
            String aggregate = client.aggregateOf(3);
            Measured measured = ClosedLoop.run(client.loadAggregate(aggregate, 4), 1, 0.1);
            assertThat(measured.errors()).isPositive();
            assertThat(measured.calls()).isZero();
        }
    }

    @Test
    void everyLoadIsBounded() {
        assertThat(ServerRate.Settings.of().port()).isEqualTo(8124);
        assertThat(ServerRate.Settings.of("--server", "elsewhere:99").host()).isEqualTo("elsewhere");
        assertThatThrownBy(() -> ServerRate.Settings.of("--seconds", "3600")).hasMessageContaining("60");
        assertThatThrownBy(() -> ServerRate.Settings.of("--server", "elsewhere"))
                .hasMessageContaining("HOST:PORT");
        assertThatThrownBy(() -> ServerRate.Settings.of("--colour", "red")).hasMessageContaining("--colour");
    }
}
