package florin.eventstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.protocol.Recorder;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConnectedClientTest {
    @Test
    void aClientThatDoesNotAnswerAnInstructionIsNamed() {
        Recorder<PlatformOutboundInstruction> recorder = new Recorder<>();
        ConnectedClient client = new ConnectedClient(
                "default", null, recorder, new Topology(), new AtomicLong(), Duration.ofSeconds(1), ended -> {});

        CompletableFuture<Void> done = client.instruct(PlatformOutboundInstruction.getDefaultInstance());

        assertThatThrownBy(() -> done.get(30, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(Refusal.class, refusal -> {
                    assertThat(refusal.category()).isEqualTo(ErrorCategory.INSTRUCTION_EXECUTION_ERROR);
                    assertThat(refusal.status()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
                })
                .hasMessageContaining("did not answer the instruction within 1 s");
    }
}
