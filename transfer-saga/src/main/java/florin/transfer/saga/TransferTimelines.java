package florin.transfer.saga;

import florin.account.api.TransferLegEvent;
import florin.kit.Columns;
import florin.kit.Correlation;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferTimeline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** What happened to each transfer, wherever it happened; written in the transaction of the view. */
@Component
class TransferTimelines {

    private static final int MOST_STEPS = 500;
    private static final int LONGEST_DETAIL = 500;

    private final JdbcTemplate jdbc;

    TransferTimelines(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** The identifiers of the events of these transfers that are here already. */
    Set<String> known(Collection<String> transferIds) {
        if (transferIds.isEmpty()) {
            return new HashSet<>();
        }
        return new HashSet<>(jdbc.queryForList(
                "SELECT event_id FROM transfer_step WHERE transfer_id = ANY (?)", String.class, (Object)
                        transferIds.toArray(new String[0])));
    }

    void write(Collection<EventMessage<?>> events) {
        int unused = Columns.of(events)
                .text(EventMessage::getIdentifier)
                .text(message -> TransferView.transferIdOf(message).toString())
                .text(message -> message.getPayload().getClass().getSimpleName())
                .timestamp(EventMessage::getTimestamp)
                .text(TransferTimelines::service)
                .bigint(TransferTimelines::attempts)
                .text(TransferTimelines::stream)
                .bigint(message -> message instanceof DomainEventMessage<?> of ? of.getSequenceNumber() : null)
                .text(
                        message -> (String) message.getMetaData().get(Correlation.KEY),
                        TransferRow.LONGEST_CORRELATION_ID)
                .text(message -> detail(message.getPayload()))
                .update(
                        jdbc,
                        "INSERT INTO transfer_step (event_id, transfer_id, event, at, service, attempts, stream,"
                                + " position, correlation_id, detail)"
                                + " SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    }

    TransferTimeline find(TransferId id) {
        return new TransferTimeline(
                id,
                jdbc.query(
                        "SELECT * FROM transfer_step WHERE transfer_id = ? ORDER BY number LIMIT ?",
                        (row, index) -> entry(row),
                        id.value(),
                        MOST_STEPS));
    }

    /** The position of the event that let a transfer go on last, as far as it is known here; its request if none did. */
    long letGoOnAt(TransferId id) {
        return jdbc.queryForObject(
                "SELECT coalesce(max(position), 0) FROM transfer_step WHERE transfer_id = ? AND stream = transfer_id"
                        + " AND event IN (?, ?)",
                Long.class,
                id.value(),
                TransferCancellationRequested.class.getSimpleName(),
                TransferResumed.class.getSimpleName());
    }

    private static String service(EventMessage<?> message) {
        return message.getPayload() instanceof TransferLegEvent leg
                ? "account-command " + leg.iban().branch()
                : "transfer-saga";
    }

    private static String stream(EventMessage<?> message) {
        return message.getPayload() instanceof TransferLegEvent leg
                ? leg.iban().value()
                : TransferView.transferIdOf(message).toString();
    }

    private static Long attempts(EventMessage<?> message) {
        return message.getMetaData().get(Correlation.ATTEMPT) instanceof Number attempts ? attempts.longValue() : null;
    }

    private static String detail(Object event) {
        if (event instanceof TransferLegEvent leg) {
            return Protocol.refusal(leg).map(Enum::name).orElse(null);
        }
        if (event instanceof TransferFailed failed) {
            return failed.reason().name();
        }
        if (event instanceof TransferCancellationRequested requested) {
            return requested.reason().name();
        }
        return event instanceof TransferParked parked ? detail(parked) : null;
    }

    /** A reason may be as long as there is room: with its step it would be too long, and stop the view. */
    private static String detail(TransferParked parked) {
        String detail = parked.step() + ": " + parked.reason();
        return detail.substring(0, Math.min(detail.length(), LONGEST_DETAIL));
    }

    private static TransferTimeline.Entry entry(ResultSet row) throws SQLException {
        return new TransferTimeline.Entry(
                row.getString("event"),
                row.getTimestamp("at").toInstant(),
                row.getString("service"),
                row.getObject("attempts", Integer.class),
                row.getString("stream"),
                row.getObject("position", Long.class),
                row.getString("correlation_id"),
                row.getString("detail"));
    }
}
