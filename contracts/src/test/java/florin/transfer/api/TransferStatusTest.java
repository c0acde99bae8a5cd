package florin.transfer.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TransferStatusTest {

    @Test
    void everyStatusHasItsCodeOfIso20022() {
        assertThat(Stream.of(TransferStatus.values()).map(status -> status + " " + status.code()))
                .containsExactly(
                        "RECEIVED RCVD",
                        "RESERVED ACSP",
                        "CREDITED ACCC",
                        "COMPLETED ACSC",
                        "FAILED RJCT",
                        "CANCELLED CANC",
                        "PARKED PDNG");
    }

    @Test
    void whatIsParkedIsNotFinal() {
        assertThat(Stream.of(TransferStatus.values()).filter(TransferStatus::isFinal))
                .containsExactly(TransferStatus.COMPLETED, TransferStatus.FAILED, TransferStatus.CANCELLED);
    }
}
