package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Empty;
import io.axoniq.axonserver.grpc.admin.EventProcessorAdminServiceGrpc;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo.SegmentStatus;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that report absurd event processors: what the node keeps of all reports together is bounded. */
class ReportedProcessorsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    /** In a few bytes each, so that memory holds far more than was sent. */
    private static final List<SegmentStatus> MANY = Collections.nCopies(60_000, SegmentStatus.getDefaultInstance());

    private static final int REPORTS = 100;

    @TempDir
    private Path data;

    private ServerProcess server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        server = ServerProcess.start(data);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow();
        server.kill();
    }

    @Test
    void whatWouldBeTooMuchIsNotKeptUntilOthersAreGone() {
        Client absurd = new Client("absurd");
        for (int i = 0; i < REPORTS; i++) {
            absurd.report("absurd " + i, MANY);
        }
        await().atMost(PATIENCE).until(() -> absurd.acknowledged.get() == REPORTS);
        assertThat(listed()).hasSizeBetween(1, 10);
        Client other = new Client("other");
        other.report("other", MANY);
        await().atMost(PATIENCE).until(() -> other.acknowledged.get() == 1);
        assertThat(listed()).isNotEmpty().doesNotContain("other");

        absurd.report(listed().get(0), List.of());
        await().atMost(PATIENCE).until(() -> absurd.acknowledged.get() == REPORTS + 1);
        other.report("other", MANY);
        await().atMost(PATIENCE).until(() -> other.acknowledged.get() == 2);
        assertThat(listed()).contains("other");
        absurd.stream.onCompleted();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(listed()).containsExactly("other"));
        other.report("another", MANY);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(listed()).containsExactlyInAnyOrder("other", "another"));
    }

    private List<String> listed() {
        List<String> names = new ArrayList<>();
        EventProcessorAdminServiceGrpc.newBlockingStub(channel)
                .withMaxInboundMessageSize(16 << 20)
                .getAllEventProcessors(Empty.getDefaultInstance())
                .forEachRemaining(
                        processor -> names.add(processor.getIdentifier().getProcessorName()));
        return names;
    }

    private final class Client {
        private final AtomicInteger acknowledged = new AtomicInteger();
        private final StreamObserver<PlatformInboundInstruction> stream = PlatformServiceGrpc.newStub(channel)
                .openStream(new Observer<PlatformOutboundInstruction>(message -> {
                    if (message.hasAck()) {
                        acknowledged.incrementAndGet();
                    }
                }));

        Client(String name) {
            stream.onNext(PlatformInboundInstruction.newBuilder()
                    .setRegister(ClientIdentification.newBuilder().setClientId(name))
                    .build());
        }

        void report(String processor, List<SegmentStatus> segments) {
            stream.onNext(PlatformInboundInstruction.newBuilder()
                    .setEventProcessorInfo(EventProcessorInfo.newBuilder()
                            .setProcessorName(processor)
                            .addAllSegmentStatus(segments))
                    .setInstructionId("report")
                    .build());
        }
    }
}
