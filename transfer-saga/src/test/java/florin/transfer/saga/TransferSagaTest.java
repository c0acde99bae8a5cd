package florin.transfer.saga;

import static florin.transfer.saga.Examples.AMOUNT;
import static florin.transfer.saga.Examples.FROM;
import static florin.transfer.saga.Examples.ID;
import static florin.transfer.saga.Examples.REQUESTED;
import static florin.transfer.saga.Examples.REQUESTED_AT;
import static florin.transfer.saga.Examples.SETTINGS;
import static florin.transfer.saga.Examples.TO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.axonframework.test.matchers.Matchers.payloadsMatching;
import static org.axonframework.test.matchers.Matchers.predicate;

import florin.account.api.CancelTransferCredit;
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
import florin.transfer.api.ExpireTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStep;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.axonframework.commandhandling.CommandMessage;
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
    private static final ReserveFunds RESERVE = new ReserveFunds(FROM, ID, AMOUNT, TO, REQUESTED_AT);
    private static final CreditTransfer CREDIT = new CreditTransfer(TO, ID, AMOUNT, FROM, REQUESTED_AT);
    private static final CaptureReservation CAPTURE = new CaptureReservation(FROM, ID);
    private static final ReleaseReservation RELEASE = new ReleaseReservation(FROM, ID, REQUESTED_AT);

    private static final CancelTransferCredit CANCEL = new CancelTransferCredit(TO, ID, REQUESTED_AT);
    private static final ExpireTransfer EXPIRE = new ExpireTransfer(ID);
    private static final TransferCancellationRequested EXPIRED =
            new TransferCancellationRequested(ID, RefusalReason.TM01);
    private static final TransferCancellationRequested CANCELLATION =
            new TransferCancellationRequested(ID, RefusalReason.DS02);
    private static final ParkTransfer PARK =
            new ParkTransfer(ID, TransferStep.RESERVE, "3 attempts without an outcome", 0L);
    private static final ParkTransfer PARK_AFTER_ONE =
            new ParkTransfer(ID, TransferStep.RESERVE, "1 attempts without an outcome", 0L);
    private static final TransferParked PARKED = new TransferParked(ID, TransferStep.RESERVE, "tried");

    private SagaTestFixture<TransferSaga> saga;

    @BeforeEach
    void setUp() {
        setUp(SETTINGS);
    }

    private void setUp(TransferProperties settings) {
        saga = new SagaTestFixture<>(TransferSaga.class);
        saga.registerResource(new StepCommands(
                DefaultCommandGateway.builder().commandBus(saga.getCommandBus()).build(), settings));
        saga.givenCurrentTime(REQUESTED_AT);
    }

    private void attempts(int most) {
        setUp(new TransferProperties(
                SETTINGS.timeLimit(), most, SETTINGS.reconcileEvery(), SETTINGS.reconcileAfter(), SETTINGS.lookBack()));
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
    void when_the_time_is_up_the_transfer_is_told_so() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .whenTimeElapses(SETTINGS.timeLimit())
                .expectDispatchedCommandsMatching(payloadsMatching(predicate(payloads -> payloads.contains(EXPIRE))));
    }

    @Test
    void until_that_is_recorded_it_is_told_again() throws Exception {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenTimeElapses(SETTINGS.timeLimit())
                .whenTimeElapses(Protocol.LONGEST_PAUSE)
                .expectDispatchedCommandsMatching(payloadsMatching(predicate(payloads -> payloads.contains(EXPIRE))));
    }

    @Test
    void a_transfer_that_is_called_off_is_cancelled_at_its_target_first() {
        for (Object calledOff : List.of(EXPIRED, CANCELLATION)) {
            setUp();
            saga.givenAPublished(REQUESTED)
                    .whenAggregate(ID.value())
                    .publishes(calledOff)
                    .expectDispatchedCommands(CANCEL);
            setUp();
            saga.givenAPublished(REQUESTED)
                    .andThenAPublished(RESERVED)
                    .whenAggregate(ID.value())
                    .publishes(calledOff)
                    .expectDispatchedCommands(CANCEL);
        }
    }

    @Test
    void what_is_reserved_after_the_transfer_was_called_off_is_not_credited() {
        saga.givenAPublished(REQUESTED)
                .andThenAggregate(ID.value())
                .published(CANCELLATION)
                .whenPublishingA(RESERVED)
                .expectNoDispatchedCommands();
    }

    @Test
    void a_tombstone_at_the_target_releases_the_source() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAggregate(ID.value())
                .published(CANCELLATION)
                .whenPublishingA(CREDIT_CANCELLED)
                .expectDispatchedCommands(RELEASE);
    }

    @Test
    void a_credit_that_stands_completes_although_the_transfer_was_called_off() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAggregate(ID.value())
                .published(EXPIRED)
                .whenPublishingA(CREDITED)
                .expectDispatchedCommands(CAPTURE);
    }

    @Test
    void a_credited_transfer_is_not_called_off() throws Exception {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .whenAggregate(ID.value())
                .publishes(CANCELLATION)
                .expectNoDispatchedCommands();
        setUp();
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .whenTimeElapses(SETTINGS.timeLimit())
                .expectDispatchedCommandsMatching(
                        payloadsMatching(predicate(payloads -> payloads.stream().allMatch(CAPTURE::equals))));
    }

    @Test
    void the_cancellation_is_sent_again_until_the_target_answers() {
        saga.givenAPublished(REQUESTED)
                .andThenAggregate(ID.value())
                .published(CANCELLATION)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(CANCEL);
    }

    @Test
    void a_refusal_of_the_source_ends_a_transfer_that_is_being_called_off() {
        saga.givenAPublished(REQUESTED)
                .andThenAggregate(ID.value())
                .published(CANCELLATION)
                .whenPublishingA(new FundsReservationRejected(FROM, ID, RefusalReason.AM04))
                .expectDispatchedCommands(new FailTransfer(ID, RefusalReason.AM04));
    }

    @Test
    void a_cancelled_transfer_ends_the_saga_and_its_deadlines() {
        saga.givenAPublished(REQUESTED)
                .andThenAggregate(ID.value())
                .published(CANCELLATION)
                .andThenAPublished(CREDIT_CANCELLED)
                .andThenAPublished(new FundsReservationRejected(FROM, ID, RefusalReason.TM01))
                .whenPublishingA(new TransferCancelled(ID))
                .expectActiveSagas(0)
                .expectNoDispatchedCommands()
                .expectNoScheduledDeadlines();
    }

    @Test
    void after_the_last_attempt_the_transfer_is_parked_instead() {
        attempts(3);
        // 1 + 2 + 4 seconds
        saga.givenAPublished(REQUESTED)
                .whenTimeElapses(Duration.ofSeconds(7))
                .expectDispatchedCommands(RESERVE, RESERVE, PARK);
    }

    @Test
    void until_it_is_parked_that_is_asked_for_again() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .whenTimeElapses(Protocol.LONGEST_PAUSE)
                .expectDispatchedCommands(PARK_AFTER_ONE);
    }

    @Test
    void a_parked_transfer_is_left_alone() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAPublished(PARKED)
                .whenTimeElapses(Duration.ofMinutes(9))
                .expectNoDispatchedCommands();
    }

    @Test
    void a_late_event_moves_a_parked_transfer_forward() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAPublished(PARKED)
                .whenPublishingA(RESERVED)
                .expectDispatchedCommands(CREDIT)
                .expectScheduledDeadlineWithName(Duration.ofSeconds(1), TransferSaga.RESEND);
    }

    @Test
    void an_operator_starts_the_attempts_of_the_step_anew() throws Exception {
        attempts(2);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(3))
                .andThenAPublished(PARKED)
                .andThenAggregate(ID.value())
                .published(new TransferResumed(ID, "retry-1"))
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(RESERVE);
    }

    @Test
    void what_was_let_go_on_is_parked_as_of_then() throws Exception {
        attempts(1);
        saga.givenAggregate(ID.value())
                .published(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAggregate(ID.value())
                .published(PARKED, new TransferResumed(ID, "retry-1"))
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(
                        new ParkTransfer(ID, TransferStep.RESERVE, "1 attempts without an outcome", 2L));
    }

    @Test
    void what_is_called_off_when_its_attempts_have_ended_is_tried_again() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenAggregate(ID.value())
                .published(EXPIRED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .whenAggregate(ID.value())
                .publishes(CANCELLATION)
                .expectDispatchedCommands(CANCEL);
    }

    @Test
    void what_is_not_parked_is_not_disturbed_by_going_on() {
        saga.givenAPublished(REQUESTED)
                .whenAggregate(ID.value())
                .publishes(new TransferResumed(ID, "retry-1"))
                .expectNoDispatchedCommands();
    }

    @Test
    void a_parked_transfer_is_called_off_like_any_other() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAPublished(PARKED)
                .whenAggregate(ID.value())
                .publishes(CANCELLATION)
                .expectDispatchedCommands(CANCEL);
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAPublished(PARKED)
                .whenTimeElapses(SETTINGS.timeLimit())
                .expectDispatchedCommands(EXPIRE);
    }

    @Test
    void calling_off_what_is_parked_after_its_credit_lets_it_complete() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(CREDITED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAPublished(new TransferParked(ID, TransferStep.CAPTURE, "tried"))
                .whenAggregate(ID.value())
                .publishes(CANCELLATION)
                .expectDispatchedCommands(CAPTURE);
    }

    @Test
    void parking_of_a_step_that_is_past_changes_nothing() {
        saga.givenAPublished(REQUESTED)
                .andThenAPublished(RESERVED)
                .andThenAPublished(PARKED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(CREDIT);
    }

    @Test
    void each_attempt_is_numbered() {
        saga.givenAPublished(REQUESTED)
                .whenTimeElapses(Duration.ofSeconds(3))
                .expectDispatchedCommandsMatching(predicate((List<CommandMessage<?>> commands) -> commands.stream()
                        .map(command -> command.getMetaData().get("attempt"))
                        .toList()
                        .equals(List.of(2, 3))));
    }

    @Test
    void what_parks_a_transfer_or_calls_it_off_is_no_attempt() throws Exception {
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .whenTimeElapses(Duration.ofSeconds(1))
                .expectDispatchedCommands(PARK_AFTER_ONE)
                .expectDispatchedCommandsMatching(predicate(TransferSagaTest::haveNoNumber));
        attempts(1);
        saga.givenAPublished(REQUESTED)
                .andThenTimeElapses(Duration.ofSeconds(1))
                .andThenAPublished(PARKED)
                .whenTimeElapses(SETTINGS.timeLimit())
                .expectDispatchedCommands(EXPIRE)
                .expectDispatchedCommandsMatching(predicate(TransferSagaTest::haveNoNumber));
    }

    private static boolean haveNoNumber(List<CommandMessage<?>> commands) {
        return commands.stream().noneMatch(command -> command.getMetaData().containsKey("attempt"));
    }

    @Test
    void a_step_leads_only_forward() {
        for (TransferStep step : TransferStep.values()) {
            for (TransferStep next : TransferStep.values()) {
                assertThat(Protocol.leads(step, next) && Protocol.leads(next, step))
                        .as("%s and %s lead to each other", step, next)
                        .isFalse();
            }
        }
    }
}
