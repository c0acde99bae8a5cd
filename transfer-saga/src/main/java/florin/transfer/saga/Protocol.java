package florin.transfer.saga;

import florin.account.api.CancelTransferCredit;
import florin.account.api.CaptureReservation;
import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.RefusalReason;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationState;
import florin.account.api.ReserveFunds;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.account.api.TransferLegEvent;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStep;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** Which step follows what, and what it sends: the rules of a transfer, without state, time or threads. */
final class Protocol {

    static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private Protocol() {}

    /** How long to wait for the outcome of an attempt, counted from 1: 1 s, 2 s, 4 s … until it is the longest pause. */
    static Duration pause(int attempt) {
        Duration pause = Duration.ofSeconds(1L << Math.min(attempt - 1, 6));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /**
     * Whether {@code next} comes after {@code step}: once credited it only goes forward, once released only back, and only
     * the target's own word leads from a credit that may stand to a release.
     */
    static boolean leads(TransferStep step, TransferStep next) {
        return switch (step) {
            case RESERVE -> next != TransferStep.RESERVE;
            case CREDIT -> next != TransferStep.RESERVE && next != TransferStep.CREDIT;
            case CANCEL ->
                next == TransferStep.CAPTURE
                        || next == TransferStep.RELEASE
                        || next == TransferStep.COMPLETE
                        || next == TransferStep.FAIL;
            case CAPTURE -> next == TransferStep.COMPLETE;
            case RELEASE -> next == TransferStep.FAIL;
            case COMPLETE, FAIL -> false;
        };
    }

    /** What an account's event calls for. */
    static TransferStep after(TransferLegEvent event) {
        if (event instanceof FundsReserved) {
            return TransferStep.CREDIT;
        }
        if (event instanceof TransferCredited) {
            return TransferStep.CAPTURE;
        }
        if (event instanceof TransferCreditRejected || event instanceof TransferCreditCancelled) {
            return TransferStep.RELEASE;
        }
        return event instanceof ReservationCaptured ? TransferStep.COMPLETE : TransferStep.FAIL;
    }

    /** What an account's answer to a step calls for. */
    static Optional<TransferStep> after(TransferStep step, Object answer) {
        TransferStep next = null;
        if (answer instanceof ReservationState reservation) {
            next = switch (reservation) {
                case RESERVED -> TransferStep.CREDIT;
                case CAPTURED -> TransferStep.COMPLETE;
                case RELEASED, REJECTED -> TransferStep.FAIL;
            };
        } else if (answer instanceof CreditState credit) {
            next = switch (credit) {
                case CREDITED -> TransferStep.CAPTURE;
                case REJECTED, CANCELLED -> TransferStep.RELEASE;
            };
        }
        return Optional.ofNullable(next).filter(following -> leads(step, following));
    }

    /** Why an account refused, if it did. */
    static Optional<RefusalReason> refusal(TransferLegEvent event) {
        if (event instanceof FundsReservationRejected rejected) {
            return Optional.of(rejected.reason());
        }
        if (event instanceof TransferCreditRejected rejected) {
            return Optional.of(rejected.reason());
        }
        return event instanceof TransferCreditCancelled ? Optional.of(RefusalReason.TM01) : Optional.empty();
    }

    static Object command(TransferStep step, TransferRequested transfer, Instant requestedAt, RefusalReason reason) {
        return switch (step) {
            case RESERVE ->
                new ReserveFunds(transfer.from(), transfer.transferId(), transfer.amount(), transfer.to(), requestedAt);
            case CREDIT ->
                new CreditTransfer(
                        transfer.to(), transfer.transferId(), transfer.amount(), transfer.from(), requestedAt);
            case CANCEL -> new CancelTransferCredit(transfer.to(), transfer.transferId(), requestedAt);
            case CAPTURE -> new CaptureReservation(transfer.from(), transfer.transferId());
            case RELEASE -> new ReleaseReservation(transfer.from(), transfer.transferId(), requestedAt);
            case COMPLETE -> new CompleteTransfer(transfer.transferId());
            case FAIL ->
                new FailTransfer(transfer.transferId(), Objects.requireNonNullElse(reason, RefusalReason.TM01));
        };
    }

    static ParkTransfer parking(TransferId transferId, TransferStep step, int attempts, Long since) {
        return new ParkTransfer(transferId, step, attempts + " attempts without an outcome", since);
    }
}
