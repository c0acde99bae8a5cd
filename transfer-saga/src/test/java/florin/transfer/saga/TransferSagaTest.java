package florin.transfer.saga;

import static florin.transfer.saga.Examples.AMOUNT;
import static florin.transfer.saga.Examples.FROM;
import static florin.transfer.saga.Examples.ID;
import static florin.transfer.saga.Examples.REQUESTED;
import static florin.transfer.saga.Examples.TO;
import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.CaptureReservation;
import florin.account.api.CreditTransfer;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.RefusalReason;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.ReserveFunds;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import java.time.Duration;
import java.util.stream.IntStream;
import org.axonframework.commandhandling.gateway.DefaultCommandGateway;
import org.axonframework.test.saga.SagaTestFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransferSagaTest {

    private static final FundsReserved RESERVED = new FundsReserved(FROM, ID, AMOUNT, TO);
    private static final TransferCredited CREDITED = new TransferCredited(TO, ID, AMOUNT, FROM);
    private static final TransferCreditRejected CREDIT_REJECTED =
            new TransferCreditRejected(TO, ID, RefusalReason.AC04);
    private static final TransferCreditCancelled CREDIT_CANCELLED = new TransferCreditCancelled(TO, ID);
    private static final ReservationCaptured CAPTURED = new ReservationCaptured(FROM, ID, AMOUNT);
    private static final ReservationReleased RELEASED = new ReservationReleased(FROM, ID, AMOUNT);
    private static final ReserveFunds RESERVE = new ReserveFunds(FROM, ID, AMOUNT, TO);
    private static final CreditTransfer CREDIT = new CreditTransfer(TO, ID, AMOUNT, FROM);
    private static final CaptureReservation CAPTURE = new CaptureReservation(FROM, ID);
    private static final ReleaseReservation RELEASE = new ReleaseReservation(FROM, ID);

    private SagaTestFixture<TransferSaga> saga;

    @BeforeEach
    void setUp() {
        saga = new SagaTestFixture<>(TransferSaga.class);
        saga.registerResource(new StepCommands(
                DefaultCommandGateway.builder().commandBus(saga.getCommandBus()).build()));
    }

    @Test
    void a_request_leads_to_a_reservation_at_the_source() {
        saga.givenNoPriorActivity()
                .whenPublishingA(REQUESTED)
                .expectActiveSagas(1)
                .expectAssociationWith(TransferSaga.TRANSFER_ID, ID)
                .expectDispatchedCommands(RESERVE)
                .expectScheduledDeadlineWithName(Duration.ofSeconds(1), TransferSaga.RESEND);
    }

    @Test
    void reserved_funds_lead_to_a_credit_at_the_target() {
        saga.givenAPublished(REQUESTED)
                .whenPublishingA(RESERVED)
                .expectDispatchedCommands(CREDIT)
                .expectScheduledDeadlineWithName(Duration.ofSeconds(1), TransferSaga.RESEND);
    }

    @Test
    void a_credit_leads_to_the_capture_of_the_reservation() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .whenPublishingA(CREDITED)
                .expectDispatchedCommands(CAPTURE);
    }

    @Test
    void a_capture_completes_the_transfer() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .whenPublishingA(CAPTURED)
                .expectDispatchedCommands(new CompleteTransfer(ID));
    }

    @Test
    void a_complete_transfer_ends_the_saga_and_its_deadlines() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .andThenAPublished(CAPTURED)
                .whenPublishingA(new TransferCompleted(ID))
                .expectActiveSagas(0)
                .expectNoDispatchedCommands()
                .expectNoScheduledDeadlines();
    }

    @Test
    void a_refused_reservation_fails_the_transfer_with_its_reason() {
        saga.givenAPublished(REQUESTED)
                .whenPublishingA(new FundsReservationRejected(FROM, ID, RefusalReason.AM04))
                .expectDispatchedCommands(new FailTransfer(ID, RefusalReason.AM04));
    }

    @Test
    void a_failed_transfer_ends_the_saga_and_its_deadlines() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(new FundsReservationRejected(FROM, ID, RefusalReason.AM04))
                .whenPublishingA(new TransferFailed(ID, RefusalReason.AM04))
                .expectActiveSagas(0)
                .expectNoDispatchedCommands()
                .expectNoScheduledDeadlines();
    }

    @Test
    void a_refused_credit_releases_the_reservation() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .whenPublishingA(CREDIT_REJECTED)
                .expectDispatchedCommands(RELEASE);
    }

    @Test
    void a_release_fails_the_transfer_with_the_reason_of_the_refused_credit() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDIT_REJECTED)
                .whenPublishingA(RELEASED)
                .expectDispatchedCommands(new FailTransfer(ID, RefusalReason.AC04));
    }

    @Test
    void a_cancelled_credit_releases_the_reservation() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .whenPublishingA(CREDIT_CANCELLED)
                .expectDispatchedCommands(RELEASE);
    }

    @Test
    void a_release_after_a_cancelled_credit_fails_the_transfer_as_called_off() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDIT_CANCELLED)
                .whenPublishingA(RELEASED)
                .expectDispatchedCommands(new FailTransfer(ID, RefusalReason.TM01));
    }

    @Test
    void events_that_come_twice_have_one_effect() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .andThenAPublished(RESERVED)
                .whenPublishingA(CREDITED)
                .expectNoDispatchedCommands();
    }

    @Test
    void a_credited_transfer_never_goes_back() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .whenPublishingA(CREDIT_REJECTED)
                .expectNoDispatchedCommands();
    }

    @Test
    void a_released_transfer_never_goes_forward() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDIT_REJECTED)
                .whenPublishingA(CREDITED)
                .expectNoDispatchedCommands();
    }

    @Test
    void events_of_another_transfer_do_not_touch_it() {
        saga.givenAPublished(REQUESTED)
                .whenPublishingA(new FundsReserved(FROM, new TransferId("TRF-2"), AMOUNT, TO))
                .expectNoDispatchedCommands();
    }

    @Test
    void a_reservation_without_an_answer_is_sent_again_after_a_second() {
        saga.givenAPublished(REQUESTED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectTriggeredDeadlinesWithName(TransferSaga.RESEND)
                .expectDispatchedCommands(RESERVE)
                .expectScheduledDeadlineWithName(Duration.ofSeconds(2), TransferSaga.RESEND);
    }

    @Test
    void every_step_is_sent_again() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(CREDIT);
        setUp();
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(CAPTURE);
        setUp();
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDIT_REJECTED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(RELEASE);
        setUp();
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDIT_REJECTED)
                .andThenAPublished(RELEASED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(new FailTransfer(ID, RefusalReason.AC04));
        setUp();
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .andThenAPublished(CAPTURED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(new CompleteTransfer(ID));
    }

    @Test
    void the_pauses_double_up_to_a_minute() {
        // 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 seconds
        saga.givenAPublished(REQUESTED)
                .whenTimeElapses(Duration.ofSeconds(183))
                .expectDispatchedCommands(
                        IntStream.range(0, 8).mapToObj(resend -> RESERVE).toArray())
                .expectScheduledDeadlineWithName(Duration.ofSeconds(60), TransferSaga.RESEND);
    }

    @Test
    void progress_starts_the_pauses_anew() throws Exception {
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(100))
                .andThenAPublished(RESERVED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(CREDIT)
                .expectScheduledDeadlineWithName(Duration.ofSeconds(2), TransferSaga.RESEND);
    }

    @Test
    void a_step_leads_only_forward() {
        for (Step step : Step.values()) {
            for (Step next : Step.values()) {
                assertThat(step.leadsTo(next) && next.leadsTo(step))
                        .as("%s and %s lead to each other", step, next)
                        .isFalse();
            }
        }
    }
}
