package florin.transfer.saga;

import static org.axonframework.modelling.command.AggregateLifecycle.apply;

import florin.account.api.AccountRefusal;
import florin.account.api.RefusalReason;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.modelling.command.AggregateCreationPolicy;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.CreationPolicy;
import org.axonframework.spring.stereotype.Aggregate;

/** The truth about one transfer: what was asked for, and how it ended. */
@Aggregate
final class Transfer {

    @AggregateIdentifier
    private TransferId id;

    private TransferRequested request;
    private TransferStatus status;

    Transfer() {
        // Axon builds it from its events.
    }

    @CommandHandler
    @CreationPolicy(AggregateCreationPolicy.CREATE_IF_MISSING)
    TransferStatus handle(RequestTransfer command) {
        TransferRequested requested = new TransferRequested(
                command.transferId(), command.from(), command.to(), command.amount(), command.reference());
        if (request == null) {
            if (command.from().equals(command.to())) {
                throw new IllegalArgumentException("Source and target are the same account: " + command.from());
            }
            apply(requested);
        } else if (!request.equals(requested)) {
            String detail = "The transfer " + id + " was requested before with other content";
            throw new CommandExecutionException(detail, null, new AccountRefusal(RefusalReason.AM05, detail));
        }
        return status;
    }

    @CommandHandler
    TransferStatus handle(CompleteTransfer command) {
        if (status == TransferStatus.FAILED) {
            throw new IllegalStateException("The transfer " + id + " has failed: it cannot complete");
        }
        if (status != TransferStatus.COMPLETED) {
            apply(new TransferCompleted(id));
        }
        return status;
    }

    @CommandHandler
    TransferStatus handle(FailTransfer command) {
        if (status == TransferStatus.COMPLETED) {
            throw new IllegalStateException("The transfer " + id + " is complete: it cannot fail");
        }
        if (status != TransferStatus.FAILED) {
            apply(new TransferFailed(id, command.reason()));
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
    void on(TransferCompleted event) {
        status = TransferStatus.COMPLETED;
    }

    @EventSourcingHandler
    void on(TransferFailed event) {
        status = TransferStatus.FAILED;
    }
}
