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
import org.junit.jupiter.api.Test;

class ConnectedClientTest {
    private final ReportedProcessors reports = new ReportedProcessors();
    private final ConnectedClient client = new ConnectedClient(
            "default", null, new Recorder<>(), new Topology(), reports, Duration.ofSeconds(1), ended -> {});

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

        assertThat(reports.clients("default", "projection 0")).containsExactly(client);
        assertThat(reports.clients("default", "projection 1000")).isEmpty();
        assertThat(client.processor("projection 1000")).isNull();
        assertThat(reports.clients("default", "projection 999")).containsExactly(client);
        assertThat(client.processor("projection 999").getMode()).isEqualTo("after");
    }

    @Test
    void aReportThatIsTooLongIsNotKeptAndTheOneBeforeStays() {
        report("projection", "before");
        report("projection", "x".repeat(128 << 10));

        assertThat(client.processor("projection").getMode()).isEqualTo("before");
    }

    @Test
    void shortReportsAreCountedForWhatTheyTakeUntilTheirClientIsGone() {
        for (int i = 0; i < 1000; i++) {
            report("projection " + i, "");
        }
        assertThat(reports.bytes()).isGreaterThan(400_000);

        client.onCompleted();

        assertThat(reports.bytes()).isZero();
        assertThat(reports.firstName("default")).isNull();
    }

    private void report(String processor, String mode) {
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setEventProcessorInfo(EventProcessorInfo.newBuilder()
                        .setProcessorName(processor)
                        .setMode(mode))
                .build());
    }
}
