package florin.transfer.saga;

import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.RefusalReason;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.transfer.api.FindTransfer;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import java.time.Instant;
import org.axonframework.config.ProcessingGroup;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.Timestamp;
import org.axonframework.messaging.annotation.MetaDataValue;
import org.axonframework.queryhandling.QueryHandler;
import org.axonframework.queryhandling.QueryUpdateEmitter;
import org.springframework.stereotype.Component;

/** Shows how far each transfer is, and tells those who wait for it. */
@Component
@ProcessingGroup(TransferView.PROCESSOR)
class TransferView {

    static final String PROCESSOR = "transfer-view";

    private final TransferRows rows;
    private final QueryUpdateEmitter updates;

    TransferView(TransferRows rows, QueryUpdateEmitter updates) {
        this.rows = rows;
        this.updates = updates;
    }

    /** Events of one transfer are shown in order, whichever aggregate they come from. */
    static Object transferIdOf(EventMessage<?> message) {
        Object event = message.getPayload();
        if (event instanceof TransferEvent transferEvent) {
            return transferEvent.transferId().value();
        }
        if (event instanceof FundsReserved reserved) {
            return reserved.transferId().value();
        }
        if (event instanceof TransferCredited credited) {
            return credited.transferId().value();
        }
        if (event instanceof FundsReservationRejected rejected) {
            return rejected.transferId().value();
        }
        if (event instanceof TransferCreditRejected rejected) {
            return rejected.transferId().value();
        }
        if (event instanceof TransferCreditCancelled cancelled) {
            return cancelled.transferId().value();
        }
        return message.getIdentifier();
    }

    /** Null for none: an optional would lose its type on the way through the router. */
    @QueryHandler
    TransferDetails find(FindTransfer query) {
        return rows.findById(query.transferId().value())
                .map(TransferRow::details)
                .orElse(null);
    }

    @EventHandler
    void on(TransferRequested event, @MetaDataValue("correlationId") String correlationId, @Timestamp Instant at) {
        if (!rows.existsById(event.transferId().value())) {
            show(rows.save(new TransferRow(event, correlationId, at)));
        }
    }

    @EventHandler
    void on(FundsReserved event, @Timestamp Instant at) {
        advance(event.transferId(), TransferStatus.RESERVED, null, at);
    }

    @EventHandler
    void on(TransferCredited event, @Timestamp Instant at) {
        advance(event.transferId(), TransferStatus.CREDITED, null, at);
    }

    @EventHandler
    void on(FundsReservationRejected event) {
        remember(event.transferId(), event.reason());
    }

    @EventHandler
    void on(TransferCreditRejected event) {
        remember(event.transferId(), event.reason());
    }

    @EventHandler
    void on(TransferCreditCancelled event) {
        remember(event.transferId(), RefusalReason.TM01);
    }

    @EventHandler
    void on(TransferCompleted event, @Timestamp Instant at) {
        advance(event.transferId(), TransferStatus.COMPLETED, null, at);
    }

    @EventHandler
    void on(TransferFailed event, @Timestamp Instant at) {
        advance(event.transferId(), TransferStatus.FAILED, event.reason(), at);
    }

    private void remember(TransferId id, RefusalReason reason) {
        rows.findById(id.value()).ifPresent(row -> {
            row.remember(reason);
            rows.save(row);
        });
    }

    private void advance(TransferId id, TransferStatus status, RefusalReason reason, Instant at) {
        rows.findById(id.value()).filter(row -> row.advance(status, reason, at)).ifPresent(row -> show(rows.save(row)));
    }

    private void show(TransferRow row) {
        TransferDetails details = row.details();
        updates.emit(FindTransfer.class, query -> query.transferId().equals(details.id()), details);
    }
}
