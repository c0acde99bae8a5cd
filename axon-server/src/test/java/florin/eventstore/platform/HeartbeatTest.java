package florin.eventstore.platform;

import static org.awaitility.Awaitility.await;

import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
    @Test
    void anErrorWithOneClientDoesNotEndTheHeartbeatsOfTheOthers() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        PlatformRpc platform = new PlatformRpc(
                NodeInfo::getDefaultInstance,
                new Clients(),
                new Topology(),
                timer,
                Duration.ofMillis(10),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1));
        Recorder<PlatformOutboundInstruction> other = new Recorder<>();
        StreamObserver<PlatformInboundInstruction> unused = platform.openStream(other);
        StreamObserver<PlatformInboundInstruction> failing =
                platform.openStream(new Recorder<PlatformOutboundInstruction>() {
                    @Override
                    public boolean isReady() {
                        throw new StackOverflowError("too deep");
                    }
                });

        await().atMost(Duration.ofSeconds(30)).until(() -> other.seen.size() >= 3);

        failing.onCompleted();
        timer.shutdownNow();
    }
}
