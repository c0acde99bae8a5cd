package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.CreditState;
import florin.account.api.ReservationState;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import org.junit.jupiter.api.Test;

/** What an answer calls for. */
class ProtocolTest {

    @Test
    void a_standing_reservation_leads_to_the_credit() {
        assertThat(Protocol.after(TransferStep.RESERVE, ReservationState.RESERVED))
                .contains(TransferStep.CREDIT);
    }

    @Test
    void a_refused_reservation_leads_to_failure() {
        assertThat(Protocol.after(TransferStep.RESERVE, ReservationState.REJECTED))
                .contains(TransferStep.FAIL);
    }

    @Test
    void a_credit_leads_to_the_capture_and_a_refused_or_cancelled_one_to_the_release() {
        assertThat(Protocol.after(TransferStep.CREDIT, CreditState.CREDITED)).contains(TransferStep.CAPTURE);
        assertThat(Protocol.after(TransferStep.CREDIT, CreditState.REJECTED)).contains(TransferStep.RELEASE);
        assertThat(Protocol.after(TransferStep.CREDIT, CreditState.CANCELLED)).contains(TransferStep.RELEASE);
    }

    @Test
    void a_capture_leads_to_completion_and_a_release_to_failure() {
        assertThat(Protocol.after(TransferStep.CAPTURE, ReservationState.CAPTURED))
                .contains(TransferStep.COMPLETE);
        assertThat(Protocol.after(TransferStep.RELEASE, ReservationState.RELEASED))
                .contains(TransferStep.FAIL);
    }

    @Test
    void an_answer_that_contradicts_the_step_leads_nowhere() {
        assertThat(Protocol.after(TransferStep.RELEASE, ReservationState.CAPTURED))
                .isEmpty();
        assertThat(Protocol.after(TransferStep.CAPTURE, ReservationState.RELEASED))
                .isEmpty();
        assertThat(Protocol.after(TransferStep.CAPTURE, ReservationState.RESERVED))
                .isEmpty();
    }

    @Test
    void the_end_leads_nowhere() {
        assertThat(Protocol.after(TransferStep.COMPLETE, TransferStatus.COMPLETED))
                .isEmpty();
        assertThat(Protocol.after(TransferStep.FAIL, TransferStatus.FAILED)).isEmpty();
    }

    @Test
    void a_credit_that_stands_is_captured_although_it_was_to_be_cancelled() {
        assertThat(Protocol.after(TransferStep.CANCEL, CreditState.CREDITED)).contains(TransferStep.CAPTURE);
        assertThat(Protocol.after(TransferStep.CANCEL, CreditState.CANCELLED)).contains(TransferStep.RELEASE);
        assertThat(Protocol.after(TransferStep.CANCEL, CreditState.REJECTED)).contains(TransferStep.RELEASE);
    }
}
