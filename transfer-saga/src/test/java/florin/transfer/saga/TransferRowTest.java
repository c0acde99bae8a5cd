package florin.transfer.saga;

import static florin.transfer.saga.Examples.REQUESTED;
import static florin.transfer.saga.Examples.REQUESTED_AT;
import static org.assertj.core.api.Assertions.assertThat;

import florin.transfer.api.TransferStatus;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The view shows a transfer as parked exactly as long as its aggregate is: a retry is accepted for what is shown parked. */
class TransferRowTest {

    private static final Instant LATER = REQUESTED_AT.plusSeconds(60);

    private final TransferRow row = new TransferRow(REQUESTED, null, REQUESTED_AT);

    @BeforeEach
    void park() {
        row.park(REQUESTED_AT);
    }

    @Test
    void an_outcome_that_comes_late_leaves_it_parked() {
        row.moved(LATER);
        row.advance(TransferStatus.RESERVED, LATER);
        assertThat(shown()).isEqualTo(TransferStatus.PARKED);
        assertThat(row.details().updatedAt()).isEqualTo(LATER);
        row.resume(LATER);
        assertThat(shown()).isEqualTo(TransferStatus.RESERVED);
    }

    @Test
    void calling_it_off_lets_it_go_on() {
        row.callOff(LATER);
        assertThat(shown()).isEqualTo(TransferStatus.RECEIVED);
    }

    @Test
    void its_end_is_shown() {
        row.advance(TransferStatus.COMPLETED, LATER);
        assertThat(shown()).isEqualTo(TransferStatus.COMPLETED);
    }

    private TransferStatus shown() {
        return row.details().status();
    }
}
