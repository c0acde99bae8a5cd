package florin.simulation;

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
import florin.account.api.TransferLegEvent;
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
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import java.util.HashMap;
import java.util.Map;

/** A step of the protocol: a command, its answer, and the events that it leads to. */
enum Step {
    REQUEST,
    RESERVE,
    CREDIT,
    CAPTURE,
    COMPLETE,
    CANCEL,
    RELEASE,
    FAIL,
    CALL_OFF,
    EXPIRE,
    PARK,
    RESUME;

    private static final Map<Class<?>, Step> STEPS = new HashMap<>();

    static {
        of(REQUEST, RequestTransfer.class, TransferRequested.class);
        of(RESERVE, ReserveFunds.class, FundsReserved.class, FundsReservationRejected.class);
        of(CREDIT, CreditTransfer.class, TransferCredited.class, TransferCreditRejected.class);
        of(CAPTURE, CaptureReservation.class, ReservationCaptured.class);
        of(COMPLETE, CompleteTransfer.class, TransferCompleted.class);
        of(CANCEL, CancelTransferCredit.class, TransferCreditCancelled.class);
        of(RELEASE, ReleaseReservation.class, ReservationReleased.class);
        of(FAIL, FailTransfer.class, TransferFailed.class, TransferCancelled.class);
        of(CALL_OFF, CancelTransfer.class);
        of(EXPIRE, ExpireTransfer.class);
        of(PARK, ParkTransfer.class, TransferParked.class);
        of(RESUME, ResumeTransfer.class, TransferResumed.class);
    }

    private static void of(Step step, Class<?>... messages) {
        for (Class<?> message : messages) {
            STEPS.put(message, step);
        }
    }

    /** The step of a command or an event, or null if it is of no transfer. */
    static Step of(Object message) {
        if (message instanceof TransferCancellationRequested requested) {
            return requested.reason() == RefusalReason.DS02 ? CALL_OFF : EXPIRE;
        }
        return STEPS.get(message.getClass());
    }

    /** The transfer that a command or an event is of, or null. */
    static TransferId transferOf(Object message) {
        if (message instanceof TransferCommand command) {
            return command.transferId();
        }
        if (message instanceof TransferEvent event) {
            return event.transferId();
        }
        if (message instanceof TransferLegEvent leg) {
            return leg.transferId();
        }
        if (message instanceof ReserveFunds reserve) {
            return reserve.transferId();
        }
        if (message instanceof CreditTransfer credit) {
            return credit.transferId();
        }
        if (message instanceof CancelTransferCredit cancel) {
            return cancel.transferId();
        }
        if (message instanceof CaptureReservation capture) {
            return capture.transferId();
        }
        return message instanceof ReleaseReservation release ? release.transferId() : null;
    }
}
