package florin.transfer.saga;

import florin.account.api.RefusalReason;
import florin.account.api.TransferLegEvent;
import florin.transfer.api.ExpireTransfer;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStep;
import java.time.Instant;
import org.axonframework.deadline.DeadlineManager;

/** How far a saga has driven its transfer: the step, how often it was sent, and what is due. Kept with the saga. */
final class Drive {

    private TransferRequested request;
    private Instant requestedAt;
    private String correlationId;
    private TransferStep step;
    private RefusalReason reason;
    private int attempts;
    private Long since; // The position of the event that let it go on last; null where a version of before began it.
    private String resend; // The deadline's id, or null while the transfer is parked.
    private String timeLimit; // The deadline's id.

    Drive() {
        // Jackson fills it.
    }

    Drive(TransferRequested request, Instant requestedAt, String correlationId) {
        this.request = request;
        this.requestedAt = requestedAt;
        this.correlationId = correlationId;
        this.since = 0L;
    }

    void start(StepCommands out, DeadlineManager due) {
        String id = request.transferId().value();
        timeLimit = due.schedule(requestedAt.plus(out.timeLimit()), TransferSaga.TIME_LIMIT, id);
        begin(TransferStep.RESERVE, out, due);
    }

    /** The first refusal is why the transfer fails. */
    void keepReason(TransferLegEvent event) {
        if (reason == null) {
            reason = Protocol.refusal(event).orElse(null);
        }
    }

    void advance(TransferStep next, StepCommands out, DeadlineManager due) {
        if (Protocol.leads(step, next)) {
            cancelResend(due);
            begin(next, out, due);
        }
    }

    void park(TransferStep parked, DeadlineManager due) {
        if (parked == step) {
            cancelResend(due);
        }
    }

    void callOff(long position, StepCommands out, DeadlineManager due) {
        if (Protocol.leads(step, TransferStep.CANCEL)) {
            since = position;
            advance(TransferStep.CANCEL, out, due);
        } else {
            resume(position, out, due);
        }
    }

    /** Its attempts begin anew if they have ended, although nothing is heard of its being parked. */
    void resume(long position, StepCommands out, DeadlineManager due) {
        since = position;
        if (resend == null || attempts >= out.mostAttempts()) {
            cancelResend(due);
            begin(step, out, due);
        }
    }

    void end(DeadlineManager due) {
        cancelResend(due);
        due.cancelSchedule(TransferSaga.TIME_LIMIT, timeLimit);
    }

    /** Sends the step again, or asks for the transfer to be parked, which is asked again until it is. */
    void sendAgain(String attempt, StepCommands out, DeadlineManager due) {
        if (resend == null || !attempt.equals(attempt())) {
            return;
        }
        if (attempts < out.mostAttempts()) {
            send(out, due);
        } else {
            resend = due.schedule(Protocol.LONGEST_PAUSE, TransferSaga.RESEND, attempt());
            out.tell(Protocol.parking(request.transferId(), step, attempts, since), correlationId);
        }
    }

    /** Has the transfer called off while that is still possible; asked again until it is recorded. */
    void expire(StepCommands out, DeadlineManager due) {
        if (Protocol.leads(step, TransferStep.CANCEL)) {
            TransferId id = request.transferId();
            timeLimit = due.schedule(Protocol.LONGEST_PAUSE, TransferSaga.TIME_LIMIT, id.value());
            out.tell(new ExpireTransfer(id), correlationId);
        }
    }

    private void begin(TransferStep next, StepCommands out, DeadlineManager due) {
        step = next;
        attempts = 0;
        send(out, due);
    }

    private void send(StepCommands out, DeadlineManager due) {
        attempts++;
        resend = due.schedule(Protocol.pause(attempts), TransferSaga.RESEND, attempt());
        out.send(Protocol.command(step, request, requestedAt, reason), correlationId, attempts);
    }

    /** Names what a deadline was set for: one that comes late, or twice, finds another name here. */
    private String attempt() {
        return step + "-" + attempts;
    }

    private void cancelResend(DeadlineManager due) {
        if (resend != null) {
            due.cancelSchedule(TransferSaga.RESEND, resend);
            resend = null;
        }
    }
}
