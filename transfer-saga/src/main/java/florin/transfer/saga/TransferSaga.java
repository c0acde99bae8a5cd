package florin.transfer.saga;

import florin.account.api.TransferLegEvent;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferEndedEvent;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import java.time.Instant;
import org.axonframework.config.ProcessingGroup;
import org.axonframework.deadline.DeadlineManager;
import org.axonframework.deadline.annotation.DeadlineHandler;
import org.axonframework.eventhandling.SequenceNumber;
import org.axonframework.eventhandling.Timestamp;
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
    static final String TIME_LIMIT = "time-limit";

    private Drive drive;

    @StartSaga
    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(
            TransferRequested event,
            @Timestamp Instant at,
            @MetaDataValue("correlationId") String id,
            StepCommands out,
            DeadlineManager due) {
        if (drive == null) {
            drive = new Drive(event, at, id);
            drive.start(out, due);
        }
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferLegEvent event, StepCommands out, DeadlineManager due) {
        drive.keepReason(event);
        drive.advance(Protocol.after(event), out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferCancellationRequested event, @SequenceNumber long position, StepCommands out, DeadlineManager due) {
        drive.callOff(position, out, due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferParked event, DeadlineManager due) {
        drive.park(event.step(), due);
    }

    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferResumed event, @SequenceNumber long position, StepCommands out, DeadlineManager due) {
        drive.resume(position, out, due);
    }

    @EndSaga
    @SagaEventHandler(associationProperty = TRANSFER_ID)
    void on(TransferEndedEvent event, DeadlineManager due) {
        drive.end(due);
    }

    @DeadlineHandler(deadlineName = RESEND)
    void resend(String attempt, StepCommands out, DeadlineManager due) {
        drive.sendAgain(attempt, out, due);
    }

    @DeadlineHandler(deadlineName = TIME_LIMIT)
    void expire(String transferId, StepCommands out, DeadlineManager due) {
        drive.expire(out, due);
    }
}
