package florin.transfer.saga;

import florin.account.api.FundsReserved;
import florin.account.api.TransferCredited;
import florin.account.api.TransferLegEvent;
import florin.kit.EventBatch;
import florin.transfer.api.FindTransferTimeline;
import florin.transfer.api.FindTransfers;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferPage;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferTimeline;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.axonframework.config.ProcessingGroup;
import org.axonframework.deadline.DeadlineMessage;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.annotation.MetaDataValue;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.queryhandling.QueryHandler;
import org.springframework.stereotype.Component;

/** Shows how far each transfer is and what happened to it, and tells those who wait for it; each event counts once. */
@Component
@ProcessingGroup(TransferView.PROCESSOR)
class TransferView {

    static final String PROCESSOR = "transfer-view";

    private final TransferRows rows;
    private final TransferList list;
    private final TransferTimelines timelines;
    private final TransferWatch watch;

    TransferView(TransferRows rows, TransferList list, TransferTimelines timelines, TransferWatch watch) {
        this.rows = rows;
        this.list = list;
        this.timelines = timelines;
        this.watch = watch;
    }

    /** Events of one transfer are shown in order, whichever aggregate they come from. */
    static Object transferIdOf(EventMessage<?> message) {
        Object event = message.getPayload();
        if (event instanceof TransferEvent transferEvent) {
            return transferEvent.transferId().value();
        }
        return event instanceof TransferLegEvent leg ? leg.transferId().value() : message.getIdentifier();
    }

    /** The transfers that the events among these are about; a deadline is a message of its saga, not an event. */
    static Set<String> transfersOf(List<Message<?>> messages) {
        Set<String> transfers = new HashSet<>();
        for (Message<?> message : messages) {
            if (message instanceof EventMessage<?> event && !(message instanceof DeadlineMessage)) {
                transfers.add(transferIdOf(event).toString());
            }
        }
        return transfers;
    }

    @QueryHandler
    TransferPage find(FindTransfers query) {
        return list.find(query);
    }

    @QueryHandler
    TransferTimeline find(FindTransferTimeline query) {
        return rows.find(query.transferId().value()).isPresent() ? timelines.find(query.transferId()) : null;
    }

    @EventHandler
    void on(
            TransferRequested event,
            @MetaDataValue("correlationId") String correlationId,
            EventMessage<TransferRequested> message) {
        ViewBatch batch = batch();
        if (batch.add(message) && batch.find(event.transferId()).isEmpty()) {
            batch.show(new TransferRow(event, correlationId, message.getTimestamp()));
        }
    }

    @EventHandler
    void on(TransferLegEvent event, EventMessage<TransferLegEvent> message) {
        change(event.transferId(), message, (row, at) -> {
            Protocol.refusal(event).ifPresent(row::keepReason);
            if (event instanceof FundsReserved) {
                row.advance(TransferStatus.RESERVED, at);
            } else if (event instanceof TransferCredited) {
                row.advance(TransferStatus.CREDITED, at);
            } else {
                row.moved(at);
            }
        });
    }

    @EventHandler
    void on(TransferCancellationRequested event, EventMessage<TransferCancellationRequested> message) {
        change(event.transferId(), message, TransferRow::callOff);
    }

    @EventHandler
    void on(TransferParked event, EventMessage<TransferParked> message) {
        change(event.transferId(), message, TransferRow::park);
    }

    @EventHandler
    void on(TransferResumed event, EventMessage<TransferResumed> message) {
        change(event.transferId(), message, TransferRow::resume);
    }

    @EventHandler
    void on(TransferCompleted event, EventMessage<TransferCompleted> message) {
        change(event.transferId(), message, (row, at) -> row.advance(TransferStatus.COMPLETED, at));
    }

    @EventHandler
    void on(TransferFailed event, EventMessage<TransferFailed> message) {
        change(event.transferId(), message, (row, at) -> row.fail(event.reason(), at));
    }

    @EventHandler
    void on(TransferCancelled event, EventMessage<TransferCancelled> message) {
        change(event.transferId(), message, (row, at) -> row.advance(TransferStatus.CANCELLED, at));
    }

    private void change(TransferId id, EventMessage<?> message, BiConsumer<TransferRow, Instant> change) {
        ViewBatch batch = batch();
        if (batch.add(message)) {
            batch.find(id).ifPresent(row -> {
                change.accept(row, message.getTimestamp());
                batch.show(row);
            });
        }
    }

    /** Of the unit of work. */
    private ViewBatch batch() {
        return EventBatch.work(PROCESSOR, () -> read(EventBatch.messages()), this::write);
    }

    private ViewBatch read(List<Message<?>> messages) {
        List<TransferRow> shown = rows.find(transfersOf(messages));
        return new ViewBatch(shown, timelines.known(seenPerhaps(shown, messages)));
    }

    /** The transfers with an event that may have been shown before. */
    static Set<String> seenPerhaps(List<TransferRow> shown, List<Message<?>> messages) {
        Map<String, TransferRow> rowOf = new HashMap<>();
        shown.forEach(row -> rowOf.put(row.transferId().value(), row));
        Set<String> transfers = new HashSet<>();
        for (Message<?> message : messages) {
            if (message instanceof EventMessage<?> event) {
                TransferRow row = rowOf.get(transferIdOf(event).toString());
                if (row != null && !row.isOlderThan(event.getTimestamp())) {
                    transfers.add(row.transferId().value());
                }
            }
        }
        return transfers;
    }

    private void write(ViewBatch batch) {
        rows.write(batch.shown());
        timelines.write(batch.added());
        CurrentUnitOfWork.get().afterCommit(unit -> batch.shown().forEach(row -> watch.see(row.details())));
    }
}
