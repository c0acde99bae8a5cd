package florin.transfer.saga;

import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferRequested;
import java.time.Duration;
import org.axonframework.config.ProcessingGroup;
import org.axonframework.deadline.DeadlineManager;
import org.axonframework.deadline.annotation.DeadlineHandler;
import org.axonframework.messaging.annotation.MetaDataValue;
import org.axonframework.modelling.saga.EndSaga;
import org.axonframework.modelling.saga.SagaEventHandler;
import org.axonframework.modelling.saga.StartSaga;
import org.axonframework.spring.stereotype.Saga;

/** Drives one transfer: an event leads to the next step, a step's command is sent again until its event comes. */
@Saga
@ProcessingGroup(TransferSaga.PROCESSOR)
public final class TransferSaga {

    static final String PROCESSOR = "transfer-saga";
    static final String TRANSFER_ID = "transferId";
    static final String RESEND = "resend-step";
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private TransferRequested request;
    private String correlationId;
    private Step step;
    private RefusalReason reason;
    private int resends;
    private String deadline;

    @StartSaga
    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferRequested event, @MetaDataValue("correlationId") String id, StepCommands out, DeadlineManager due) {
        if (request == null) {
            request = event;
            correlationId = id;
            begin(Step.RESERVE, out, due);
        }
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(FundsReserved event, StepCommands out, DeadlineManager due) {
        advance(Step.CREDIT, null, out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(FundsReservationRejected event, StepCommands out, DeadlineManager due) {
        advance(Step.FAIL, reason == null ? event.reason() : reason, out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferCredited event, StepCommands out, DeadlineManager due) {
        advance(Step.CAPTURE, null, out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferCreditRejected event, StepCommands out, DeadlineManager due) {
        advance(Step.RELEASE, event.reason(), out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferCreditCancelled event, StepCommands out, DeadlineManager due) {
        advance(Step.RELEASE, RefusalReason.TM01, out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(ReservationCaptured event, StepCommands out, DeadlineManager due) {
        advance(Step.COMPLETE, null, out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(ReservationReleased event, StepCommands out, DeadlineManager due) {
        advance(Step.FAIL, reason, out, due);
    }

    @EndSaga
    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferCompleted event, DeadlineManager due) {
        cancelDeadline(due);
    }

    @EndSaga
    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferFailed event, DeadlineManager due) {
        cancelDeadline(due);
    }

    @DeadlineHandler(deadlineName = RESEND)
    void resend(String attempt, StepCommands out, DeadlineManager due) {
        if (attempt.equals(attempt())) {
            resends++;
            send(out, due);
        }
    }

    private void advance(Step next, RefusalReason why, StepCommands out, DeadlineManager due) {
        if (step.leadsTo(next)) {
            cancelDeadline(due);
            reason = why;
            begin(next, out, due);
        }
    }

    private void begin(Step next, StepCommands out, DeadlineManager due) {
        step = next;
        resends = 0;
        send(out, due);
    }

    private void send(StepCommands out, DeadlineManager due) {
        deadline = due.schedule(pause(), RESEND, attempt());
        out.send(step.command(request, reason), correlationId);
    }

    /** 1 s, 2 s, 4 s … until it is the longest pause. */
    private Duration pause() {
        Duration pause = Duration.ofSeconds(1L << Math.min(resends, 6));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /** Names what a deadline was set for: one that comes late, or twice, finds another name here. */
    private String attempt() {
        return step + "-" + resends;
    }

    private void cancelDeadline(DeadlineManager due) {
        due.cancelSchedule(RESEND, deadline);
    }
}
