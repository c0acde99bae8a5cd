package florin.transfer.saga;

import florin.account.api.CaptureReservation;
import florin.account.api.CreditTransfer;
import florin.account.api.RefusalReason;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReserveFunds;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.TransferRequested;
import java.util.Objects;

/** What is being done for a transfer; each step is one command that has one effect however often it is sent. */
enum Step {
    RESERVE,
    CREDIT,
    CAPTURE,
    RELEASE,
    COMPLETE,
    FAIL;

    /** Whether {@code next} comes after this step: once credited it only goes forward, once released only back. */
    boolean leadsTo(Step next) {
        return switch (this) {
            case RESERVE -> next != RESERVE;
            case CREDIT -> next == CAPTURE || next == RELEASE || next == COMPLETE;
            case CAPTURE -> next == COMPLETE;
            case RELEASE -> next == FAIL;
            case COMPLETE, FAIL -> false;
        };
    }

    Object command(TransferRequested transfer, RefusalReason reason) {
        return switch (this) {
            case RESERVE -> new ReserveFunds(transfer.from(), transfer.transferId(), transfer.amount(), transfer.to());
            case CREDIT -> new CreditTransfer(transfer.to(), transfer.transferId(), transfer.amount(), transfer.from());
            case CAPTURE -> new CaptureReservation(transfer.from(), transfer.transferId());
            case RELEASE -> new ReleaseReservation(transfer.from(), transfer.transferId());
            case COMPLETE -> new CompleteTransfer(transfer.transferId());
            case FAIL ->
                new FailTransfer(transfer.transferId(), Objects.requireNonNullElse(reason, RefusalReason.TM01));
        };
    }
}
