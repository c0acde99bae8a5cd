package florin.transfer.api;

import java.time.Instant;
import java.util.List;

/** What happened to one transfer, wherever it happened, oldest first; the first 500 steps. */
public record TransferTimeline(TransferId id, List<Entry> steps) {

    /**
     * One event.
     *
     * @param event its name, such as {@code FundsReserved}
     * @param service who recorded it: {@code transfer-saga}, or the branch as {@code account-command FLNO}
     * @param attempts which attempt at its step led to it, null at what is no outcome of a step: what is asked for, called off,
     *     parked or let go on
     * @param stream the account or transfer that the event is of
     * @param position the event's sequence number in that stream
     * @param detail why, for refusals and for what is parked or called off, else null
     */
    public record Entry(
            String event,
            Instant at,
            String service,
            Integer attempts,
            String stream,
            Long position,
            String correlationId,
            String detail) {}
}
