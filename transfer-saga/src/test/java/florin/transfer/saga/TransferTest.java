package florin.transfer.saga;

import static florin.transfer.saga.Examples.AMOUNT;
import static florin.transfer.saga.Examples.FROM;
import static florin.transfer.saga.Examples.ID;
import static florin.transfer.saga.Examples.REQUESTED;
import static florin.transfer.saga.Examples.TO;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasToString;

import florin.account.api.RefusalReason;
import florin.money.Money;
import florin.transfer.api.CancelTransfer;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.ExpireTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.ResumeTransfer;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCommand;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRefusal;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.test.aggregate.AggregateTestFixture;
import org.junit.jupiter.api.Test;

class TransferTest {

    private static final RequestTransfer REQUEST = new RequestTransfer(ID, FROM, TO, AMOUNT, "rent");

    private static final TransferCancellationRequested CANCELLATION =
            new TransferCancellationRequested(ID, RefusalReason.DS02);
    private static final TransferCancellationRequested EXPIRY =
            new TransferCancellationRequested(ID, RefusalReason.TM01);
    private static final ParkTransfer PARK = new ParkTransfer(ID, TransferStep.CREDIT, "tried", 0L);
    private static final TransferParked PARKED = new TransferParked(ID, TransferStep.CREDIT, "tried");
    private static final ResumeTransfer RESUME = new ResumeTransfer(ID, "operation-1");
    private static final TransferResumed RESUMED = new TransferResumed(ID, "operation-1");

    private final AggregateTestFixture<Transfer> transfer = new AggregateTestFixture<>(Transfer.class);

    @Test
    void a_request_is_recorded() {
        transfer.givenNoPriorActivity()
                .when(REQUEST)
                .expectEvents(REQUESTED)
                .expectResultMessagePayload(TransferStatus.RECEIVED);
    }

    @Test
    void the_same_request_again_changes_nothing_and_answers_how_far_the_transfer_is() {
        transfer.given(REQUESTED).when(REQUEST).expectNoEvents().expectResultMessagePayload(TransferStatus.RECEIVED);
    }

    @Test
    void the_same_request_after_the_end_answers_the_end() {
        transfer.given(REQUESTED, new TransferCompleted(ID))
                .when(REQUEST)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.COMPLETED);
    }

    @Test
    void another_request_under_the_same_id_is_refused() {
        transfer.given(REQUESTED)
                .when(new RequestTransfer(ID, FROM, TO, Money.of("30.01", "EUR"), "rent"))
                .expectNoEvents()
                .expectException(CommandExecutionException.class)
                .expectExceptionDetails(new TransferRefusal(
                        TransferRefusal.Kind.CONFLICT,
                        "The transfer " + ID + " was requested before with other content"));
    }

    @Test
    void money_does_not_move_from_an_account_to_itself() {
        transfer.givenNoPriorActivity()
                .when(new RequestTransfer(ID, FROM, FROM, AMOUNT, "rent"))
                .expectNoEvents()
                .expectException(IllegalArgumentException.class);
    }

    @Test
    void it_completes_once() {
        transfer.given(REQUESTED)
                .when(new CompleteTransfer(ID))
                .expectEvents(new TransferCompleted(ID))
                .expectResultMessagePayload(TransferStatus.COMPLETED);
    }

    @Test
    void completing_again_changes_nothing() {
        transfer.given(REQUESTED, new TransferCompleted(ID))
                .when(new CompleteTransfer(ID))
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.COMPLETED);
    }

    @Test
    void it_fails_with_a_reason() {
        transfer.given(REQUESTED)
                .when(new FailTransfer(ID, RefusalReason.AM04))
                .expectEvents(new TransferFailed(ID, RefusalReason.AM04))
                .expectResultMessagePayload(TransferStatus.FAILED);
    }

    @Test
    void failing_again_changes_nothing_whatever_the_reason() {
        transfer.given(REQUESTED, new TransferFailed(ID, RefusalReason.AM04))
                .when(new FailTransfer(ID, RefusalReason.AC04))
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.FAILED);
    }

    @Test
    void a_complete_transfer_cannot_fail() {
        transfer.given(REQUESTED, new TransferCompleted(ID))
                .when(new FailTransfer(ID, RefusalReason.AM04))
                .expectNoEvents()
                .expectException(IllegalStateException.class);
    }

    @Test
    void a_failed_transfer_cannot_complete() {
        transfer.given(REQUESTED, new TransferFailed(ID, RefusalReason.AM04))
                .when(new CompleteTransfer(ID))
                .expectNoEvents()
                .expectException(IllegalStateException.class);
    }

    @Test
    void a_wish_to_cancel_is_recorded_once() {
        transfer.given(REQUESTED)
                .when(new CancelTransfer(ID))
                .expectEvents(CANCELLATION)
                .expectResultMessagePayload(TransferStatus.RECEIVED);
        transfer.given(REQUESTED, CANCELLATION).when(new CancelTransfer(ID)).expectNoEvents();
    }

    @Test
    void a_transfer_whose_time_is_up_is_called_off_once() {
        transfer.given(REQUESTED).when(new ExpireTransfer(ID)).expectEvents(EXPIRY);
        transfer.given(REQUESTED, EXPIRY).when(new ExpireTransfer(ID)).expectNoEvents();
        transfer.given(REQUESTED, CANCELLATION).when(new ExpireTransfer(ID)).expectNoEvents();
    }

    @Test
    void somebody_may_still_cancel_what_is_called_off_because_its_time_is_up() {
        transfer.given(REQUESTED, EXPIRY).when(new CancelTransfer(ID)).expectEvents(CANCELLATION);
    }

    @Test
    void what_somebody_cancelled_ends_cancelled_whatever_else_speaks_against_it() {
        transfer.given(REQUESTED, CANCELLATION)
                .when(new FailTransfer(ID, RefusalReason.TM01))
                .expectEvents(new TransferCancelled(ID))
                .expectResultMessagePayload(TransferStatus.CANCELLED);
        transfer.given(REQUESTED, EXPIRY, CANCELLATION)
                .when(new FailTransfer(ID, RefusalReason.AM04))
                .expectEvents(new TransferCancelled(ID));
    }

    @Test
    void what_ran_out_of_time_fails() {
        transfer.given(REQUESTED, EXPIRY)
                .when(new FailTransfer(ID, RefusalReason.TM01))
                .expectEvents(new TransferFailed(ID, RefusalReason.TM01));
    }

    @Test
    void a_wish_to_cancel_does_not_keep_what_was_credited_from_completing() {
        transfer.given(REQUESTED, CANCELLATION).when(new CompleteTransfer(ID)).expectEvents(new TransferCompleted(ID));
    }

    @Test
    void cancelling_again_what_is_cancelled_changes_nothing() {
        transfer.given(REQUESTED, CANCELLATION, new TransferCancelled(ID))
                .when(new CancelTransfer(ID))
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.CANCELLED);
    }

    @Test
    void what_is_cancelled_stays_so() {
        transfer.given(REQUESTED, CANCELLATION, new TransferCancelled(ID))
                .when(new FailTransfer(ID, RefusalReason.AM04))
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.CANCELLED);
        transfer.given(REQUESTED, CANCELLATION, new TransferCancelled(ID))
                .when(new CompleteTransfer(ID))
                .expectNoEvents()
                .expectException(IllegalStateException.class);
    }

    @Test
    void it_is_too_late_to_cancel_what_has_ended() {
        refuses(TransferRefusal.Kind.FINAL, new CancelTransfer(ID), REQUESTED, new TransferCompleted(ID));
        refuses(
                TransferRefusal.Kind.FINAL,
                new CancelTransfer(ID),
                REQUESTED,
                new TransferFailed(ID, RefusalReason.AM04));
    }

    @Test
    void what_has_ended_neither_expires_nor_is_parked() {
        transfer.given(REQUESTED, new TransferCompleted(ID))
                .when(new ExpireTransfer(ID))
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.COMPLETED);
        transfer.given(REQUESTED, new TransferCompleted(ID))
                .when(PARK)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.COMPLETED);
    }

    @Test
    void it_is_parked_once_a_step() {
        transfer.given(REQUESTED).when(PARK).expectEvents(PARKED).expectResultMessagePayload(TransferStatus.PARKED);
        transfer.given(REQUESTED, PARKED).when(PARK).expectNoEvents();
        transfer.given(REQUESTED, PARKED)
                .when(new ParkTransfer(ID, TransferStep.CAPTURE, "tried", 0L))
                .expectEvents(new TransferParked(ID, TransferStep.CAPTURE, "tried"));
        transfer.given(REQUESTED, new TransferParked(ID, TransferStep.CAPTURE, "tried"))
                .when(PARK)
                .expectNoEvents();
    }

    @Test
    void it_is_not_parked_by_a_command_of_before_it_was_let_go_on() {
        transfer.given(REQUESTED, PARKED, RESUMED)
                .when(PARK)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.RECEIVED);
        transfer.given(REQUESTED, CANCELLATION).when(PARK).expectNoEvents();
        transfer.given(REQUESTED, PARKED, EXPIRY).when(PARK).expectNoEvents();
        transfer.given(REQUESTED, PARKED, RESUMED, CANCELLATION)
                .when(parkSince(2))
                .expectNoEvents();
        transfer.given(REQUESTED, PARKED, RESUMED, CANCELLATION)
                .when(parkSince(3))
                .expectEvents(PARKED);
    }

    @Test
    void a_command_of_a_version_of_before_parks_it_whenever_it_comes() {
        ParkTransfer ofBefore = new ParkTransfer(ID, TransferStep.CREDIT, "tried", null);
        transfer.given(REQUESTED, PARKED, RESUMED).when(ofBefore).expectEvents(PARKED);
        transfer.given(REQUESTED, PARKED).when(ofBefore).expectNoEvents();
    }

    private static ParkTransfer parkSince(long position) {
        return new ParkTransfer(ID, TransferStep.CREDIT, "tried", position);
    }

    @Test
    void a_parked_transfer_goes_on_when_an_operator_says_so() {
        transfer.given(REQUESTED, PARKED)
                .when(RESUME)
                .expectEvents(RESUMED)
                .expectResultMessagePayload(TransferStatus.RECEIVED);
        transfer.given(REQUESTED, PARKED, RESUMED).when(parkSince(2)).expectEvents(PARKED);
    }

    @Test
    void an_operator_who_repeats_it_because_no_answer_came_is_answered_how_far_the_transfer_is() {
        transfer.given(REQUESTED, PARKED, RESUMED)
                .when(RESUME)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.RECEIVED);
        transfer.given(REQUESTED, PARKED, RESUMED, PARKED)
                .when(RESUME)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.PARKED);
        transfer.given(REQUESTED, PARKED, RESUMED, new TransferCompleted(ID))
                .when(RESUME)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.COMPLETED);
        ResumeTransfer another = new ResumeTransfer(ID, "operation-2");
        transfer.given(REQUESTED, PARKED, RESUMED, PARKED)
                .when(another)
                .expectEvents(new TransferResumed(ID, "operation-2"));
        transfer.given(REQUESTED, CANCELLATION, PARKED, RESUMED, PARKED, new TransferResumed(ID, null))
                .when(RESUME)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.RECEIVED);
        ResumeTransfer notToBeRepeated = new ResumeTransfer(ID, null);
        transfer.given(REQUESTED, PARKED, new TransferResumed(ID, null), PARKED)
                .when(notToBeRepeated)
                .expectEvents(new TransferResumed(ID, null));
    }

    @Test
    void an_operation_lets_it_go_on_once_whatever_others_did_after_it() {
        transfer.given(REQUESTED, PARKED, RESUMED, PARKED, new TransferResumed(ID, "operation-2"), PARKED)
                .when(RESUME)
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.PARKED);
        List<Object> oneTooMany = new ArrayList<>(List.of(REQUESTED));
        for (int number = 0; number <= Transfer.MOST_OPERATIONS; number++) {
            oneTooMany.add(PARKED);
            oneTooMany.add(new TransferResumed(ID, "operation-" + number));
        }
        oneTooMany.add(PARKED);
        transfer.given(oneTooMany).when(new ResumeTransfer(ID, "operation-1")).expectNoEvents();
        ResumeTransfer forgotten = new ResumeTransfer(ID, "operation-0");
        transfer.given(oneTooMany).when(forgotten).expectEvents(new TransferResumed(ID, "operation-0"));
    }

    @Test
    void only_a_parked_transfer_can_be_told_to_go_on() {
        refuses(TransferRefusal.Kind.NOT_PARKED, RESUME, REQUESTED);
        refuses(TransferRefusal.Kind.NOT_PARKED, new ResumeTransfer(ID, "operation-2"), REQUESTED, PARKED, RESUMED);
        refuses(TransferRefusal.Kind.FINAL, RESUME, REQUESTED, PARKED, new TransferCompleted(ID));
    }

    @Test
    void cancelling_a_parked_transfer_lets_it_go_on() {
        transfer.given(REQUESTED, PARKED)
                .when(new CancelTransfer(ID))
                .expectEvents(CANCELLATION)
                .expectResultMessagePayload(TransferStatus.RECEIVED);
    }

    @Test
    void a_cancellation_that_is_repeated_does_not_let_a_parked_transfer_go_on_again() {
        transfer.given(REQUESTED, CANCELLATION, PARKED)
                .when(new CancelTransfer(ID))
                .expectNoEvents()
                .expectResultMessagePayload(TransferStatus.PARKED);
    }

    @Test
    void a_parked_transfer_still_ends_when_its_accounts_are_done() {
        transfer.given(REQUESTED, PARKED).when(new CompleteTransfer(ID)).expectEvents(new TransferCompleted(ID));
        transfer.given(REQUESTED, PARKED)
                .when(new FailTransfer(ID, RefusalReason.AC04))
                .expectEvents(new TransferFailed(ID, RefusalReason.AC04));
    }

    @Test
    void nothing_can_be_told_to_a_transfer_that_nobody_asked_for() {
        for (TransferCommand command : List.of(
                new CancelTransfer(ID),
                new ExpireTransfer(ID),
                PARK,
                RESUME,
                new CompleteTransfer(ID),
                new FailTransfer(ID, RefusalReason.AM04))) {
            refuses(TransferRefusal.Kind.UNKNOWN, command);
        }
    }

    private void refuses(TransferRefusal.Kind kind, TransferCommand command, Object... events) {
        (events.length == 0 ? transfer.givenNoPriorActivity() : transfer.given(events))
                .when(command)
                .expectNoEvents()
                .expectException(CommandExecutionException.class)
                .expectExceptionDetails(hasToString(containsString("kind=" + kind + ",")));
    }
}
