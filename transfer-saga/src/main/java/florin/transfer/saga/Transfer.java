package florin.transfer.saga;

import static org.axonframework.modelling.command.AggregateCreationPolicy.CREATE_IF_MISSING;
import static org.axonframework.modelling.command.AggregateLifecycle.apply;

import florin.account.api.RefusalReason;
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
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRefusal;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.util.LinkedHashSet;
import java.util.Set;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventhandling.SequenceNumber;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.CreationPolicy;
import org.axonframework.spring.stereotype.Aggregate;

/** The truth about one transfer: what was asked for, whether it was called off or is parked, and how it ended. */
@Aggregate(repository = "transfers", commandTargetResolver = "transferOfCommand")
final class Transfer {

    /** Of the operations by which it was let go on, so that none of them does so twice. */
    static final int MOST_OPERATIONS = 100;

    @AggregateIdentifier
    private TransferId id;

    private TransferRequested request;
    private TransferStatus status;
    private RefusalReason calledOff;
    private TransferStep parkedAt;
    private long since; // The position of the event that let it go on last.
    private Set<String> resumedBy = Set.of(); // Nobody has to let most of them go on.

    Transfer() {
        // Axon builds it from its events.
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(RequestTransfer command) {
        TransferRequested requested = new TransferRequested(
                command.transferId(), command.from(), command.to(), command.amount(), command.reference());
        if (request == null) {
            if (command.from().equals(command.to())) {
                throw new IllegalArgumentException("Source and target are the same account: " + command.from());
            }
            apply(requested);
        } else if (!request.equals(requested)) {
            throw refusal(
                    TransferRefusal.Kind.CONFLICT, "The transfer " + id + " was requested before with other content");
        }
        return status;
    }

    /** Once somebody has asked for it, the transfer completes or is cancelled. */
    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(CancelTransfer command) {
        requireKnown(command);
        if (status == TransferStatus.CANCELLED) {
            return status;
        }
        requireOpen();
        if (calledOff != RefusalReason.DS02) {
            apply(new TransferCancellationRequested(id, RefusalReason.DS02));
        }
        return status;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(ExpireTransfer command) {
        requireKnown(command);
        if (!status.isFinal() && calledOff == null) {
            apply(new TransferCancellationRequested(id, RefusalReason.TM01));
        }
        return status;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(ParkTransfer command) {
        requireKnown(command);
        if (!status.isFinal() && !isOfBefore(command)) {
            apply(new TransferParked(id, command.step(), command.reason()));
        }
        return status;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(ResumeTransfer command) {
        requireKnown(command);
        if (command.operationId() != null && resumedBy.contains(command.operationId())) {
            return status;
        }
        requireOpen();
        if (parkedAt == null) {
            throw refusal(TransferRefusal.Kind.NOT_PARKED, "The transfer " + id + " is not parked: it is being driven");
        }
        apply(new TransferResumed(id, command.operationId()));
        return status;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(CompleteTransfer command) {
        requireKnown(command);
        if (status == TransferStatus.FAILED || status == TransferStatus.CANCELLED) {
            throw new IllegalStateException("The transfer " + id + " is " + status + ": it cannot complete");
        }
        if (status != TransferStatus.COMPLETED) {
            apply(new TransferCompleted(id));
        }
        return status;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    TransferStatus handle(FailTransfer command) {
        requireKnown(command);
        if (status == TransferStatus.COMPLETED) {
            throw new IllegalStateException("The transfer " + id + " is complete: it cannot fail");
        }
        if (!status.isFinal()) {
            apply(
                    calledOff == RefusalReason.DS02
                            ? new TransferCancelled(id)
                            : new TransferFailed(id, command.reason()));
        }
        return status;
    }

    @EventSourcingHandler
    void on(TransferRequested event) {
        id = event.transferId();
        request = event;
        status = TransferStatus.RECEIVED;
    }

    @EventSourcingHandler
    void on(TransferCancellationRequested event, @SequenceNumber long position) {
        calledOff = event.reason();
        resume(position);
    }

    @EventSourcingHandler
    void on(TransferParked event) {
        parkedAt = event.step();
        status = TransferStatus.PARKED;
    }

    @EventSourcingHandler
    void on(TransferResumed event, @SequenceNumber long position) {
        if (event.operationId() != null) {
            remember(event.operationId());
        }
        resume(position);
    }

    @EventSourcingHandler
    void on(TransferCompleted event) {
        status = TransferStatus.COMPLETED;
    }

    @EventSourcingHandler
    void on(TransferFailed event) {
        status = TransferStatus.FAILED;
    }

    @EventSourcingHandler
    void on(TransferCancelled event) {
        status = TransferStatus.CANCELLED;
    }

    /** Whether it was let go on since that was asked for, or is parked there or further on. */
    private boolean isOfBefore(ParkTransfer command) {
        return (command.since() != null && command.since() < since)
                || (parkedAt != null && !Protocol.leads(parkedAt, command.step()));
    }

    private void remember(String operationId) {
        resumedBy = resumedBy.isEmpty() ? new LinkedHashSet<>() : resumedBy;
        if (resumedBy.size() == MOST_OPERATIONS) {
            resumedBy.remove(resumedBy.iterator().next());
        }
        resumedBy.add(operationId);
    }

    private void resume(long position) {
        since = position;
        parkedAt = null;
        status = TransferStatus.RECEIVED;
    }

    private void requireKnown(TransferCommand command) {
        if (request == null) {
            throw refusal(TransferRefusal.Kind.UNKNOWN, "There is no transfer " + command.transferId());
        }
    }

    private void requireOpen() {
        if (status.isFinal()) {
            throw refusal(TransferRefusal.Kind.FINAL, "The transfer " + id + " is " + status);
        }
    }

    private static CommandExecutionException refusal(TransferRefusal.Kind kind, String detail) {
        return new CommandExecutionException(detail, null, new TransferRefusal(kind, detail));
    }
}
