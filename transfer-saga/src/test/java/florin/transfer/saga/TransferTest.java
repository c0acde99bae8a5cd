package florin.transfer.saga;

import static florin.transfer.saga.Examples.AMOUNT;
import static florin.transfer.saga.Examples.FROM;
import static florin.transfer.saga.Examples.ID;
import static florin.transfer.saga.Examples.REQUESTED;
import static florin.transfer.saga.Examples.TO;

import florin.account.api.AccountRefusal;
import florin.account.api.RefusalReason;
import florin.money.Money;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferStatus;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.test.aggregate.AggregateTestFixture;
import org.junit.jupiter.api.Test;

class TransferTest {

    private static final RequestTransfer REQUEST = new RequestTransfer(ID, FROM, TO, AMOUNT, "rent");

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
                .expectExceptionDetails(new AccountRefusal(
                        RefusalReason.AM05, "The transfer " + ID + " was requested before with other content"));
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
}
