package florin.eventstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.protocol.Recorder;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConnectedClientTest {
    private final AtomicLong reportedBytes = new AtomicLong();
    private final ConnectedClient client = new ConnectedClient(
            "default", null, new Recorder<>(), new Topology(), reportedBytes, Duration.ofSeconds(1), ended -> {});

    @Test
    void aClientThatDoesNotAnswerAnInstructionIsNamed() {
        CompletableFuture<Void> done = client.instruct(PlatformOutboundInstruction.getDefaultInstance());

        assertThatThrownBy(() -> done.get(30, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(Refusal.class, refusal -> {
                    assertThat(refusal.category()).isEqualTo(ErrorCategory.INSTRUCTION_EXECUTION_ERROR);
                    assertThat(refusal.status()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
                })
                .hasMessageContaining("did not answer the instruction within 1 s");
    }

    @Test
    void oneProcessorTooManyIsNotKeptAndTheOthersAreStillReported() {
        for (int i = 0; i <= 1000; i++) {
            report("projection " + i, "before");
        }
        report("projection 999", "after");

        assertThat(client.processors("")).hasSize(1000);
        assertThat(client.processors("projection 1000")).isEmpty();
        assertThat(client.processors("projection 999"))
                .extracting(EventProcessorInfo::getMode)
                .containsExactly("after");
    }

    @Test
    void aReportThatIsTooLongIsNotKeptAndTheOneBeforeStays() {
        report("projection", "before");
        report("projection", "x".repeat(128 << 10));

        assertThat(client.processors("projection"))
                .extracting(EventProcessorInfo::getMode)
                .containsExactly("before");
    }

    @Test
    void shortReportsAreCountedForWhatTheyTakeUntilTheirClientIsGone() {
        for (int i = 0; i < 1000; i++) {
            report("projection " + i, "");
        }
        assertThat(reportedBytes.get()).isGreaterThan(300_000);

        client.onCompleted();

        assertThat(reportedBytes).hasValue(0);
    }

    private void report(String processor, String mode) {
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setEventProcessorInfo(EventProcessorInfo.newBuilder()
                        .setProcessorName(processor)
                        .setMode(mode))
                .build());
    }
}
