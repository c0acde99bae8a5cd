package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.CreditState;
import florin.account.api.ReservationState;
import florin.transfer.api.TransferStatus;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class TransferReconcilerTest {

    @Test
    void a_standing_reservation_leads_to_the_credit() {
        assertThat(TransferReconciler.next(Step.RESERVE, ReservationState.RESERVED))
                .contains(Step.CREDIT);
    }

    @Test
    void a_refused_reservation_leads_to_failure() {
        assertThat(TransferReconciler.next(Step.RESERVE, ReservationState.REJECTED))
                .contains(Step.FAIL);
    }

    @Test
    void a_credit_leads_to_the_capture_and_a_refused_or_cancelled_one_to_the_release() {
        assertThat(TransferReconciler.next(Step.CREDIT, CreditState.CREDITED)).contains(Step.CAPTURE);
        assertThat(TransferReconciler.next(Step.CREDIT, CreditState.REJECTED)).contains(Step.RELEASE);
        assertThat(TransferReconciler.next(Step.CREDIT, CreditState.CANCELLED)).contains(Step.RELEASE);
    }

    @Test
    void a_capture_leads_to_completion_and_a_release_to_failure() {
        assertThat(TransferReconciler.next(Step.CAPTURE, ReservationState.CAPTURED))
                .contains(Step.COMPLETE);
        assertThat(TransferReconciler.next(Step.RELEASE, ReservationState.RELEASED))
                .contains(Step.FAIL);
    }

    @Test
    void an_answer_that_contradicts_the_step_leads_nowhere() {
        assertThat(TransferReconciler.next(Step.RELEASE, ReservationState.CAPTURED))
                .isEmpty();
        assertThat(TransferReconciler.next(Step.CAPTURE, ReservationState.RELEASED))
                .isEmpty();
        assertThat(TransferReconciler.next(Step.CAPTURE, ReservationState.RESERVED))
                .isEmpty();
    }

    @Test
    void the_end_leads_nowhere() {
        assertThat(TransferReconciler.next(Step.COMPLETE, TransferStatus.COMPLETED))
                .isEmpty();
        assertThat(TransferReconciler.next(Step.FAIL, TransferStatus.FAILED)).isEmpty();
    }

    @Test
    void transfers_that_stand_still_for_two_minutes_are_looked_for_each_minute() {
        TransferProperties defaults = new Binder(new MapConfigurationPropertySource(Map.of()))
                .bindOrCreate("florin.transfer", TransferProperties.class);
        assertThat(defaults).isEqualTo(new TransferProperties(Duration.ofMinutes(1), Duration.ofMinutes(2)));
    }
}
