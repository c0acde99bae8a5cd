package florin.transfer.saga;

import florin.account.api.TransferLegEvent;
import florin.kit.Correlation;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferTimeline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What happened to each transfer, wherever it happened; written in the transaction of the view. */
@Component
class TransferTimelines {

    private static final int MOST_STEPS = 500;

    private final JdbcClient jdbc;

    TransferTimelines(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** False if this event was added before. */
    boolean add(TransferId id, EventMessage<?> message) {
        Object event = message.getPayload();
        boolean isLeg = event instanceof TransferLegEvent;
        String stream = isLeg ? ((TransferLegEvent) event).iban().value() : id.value();
        String service =
                isLeg ? "account-command " + ((TransferLegEvent) event).iban().branch() : "transfer-saga";
        return jdbc.sql("INSERT INTO transfer_step (event_id, transfer_id, event, at, service, attempts, stream,"
                                + " position, correlation_id, detail) VALUES (:eventId, :transferId, :event, :at,"
                                + " :service, :attempts, :stream, :position, :correlationId, :detail)"
                                + " ON CONFLICT DO NOTHING")
                        .param("eventId", message.getIdentifier())
                        .param("transferId", id.value())
                        .param("event", event.getClass().getSimpleName())
                        .param("at", Timestamp.from(message.getTimestamp()))
                        .param("service", service)
                        .param("attempts", attempts(message))
                        .param("stream", stream)
                        .param("position", message instanceof DomainEventMessage<?> of ? of.getSequenceNumber() : null)
                        .param("correlationId", message.getMetaData().get(Correlation.KEY))
                        .param("detail", detail(event))
                        .update()
                == 1;
    }

    TransferTimeline find(TransferId id) {
        return new TransferTimeline(
                id,
                jdbc.sql("SELECT * FROM transfer_step WHERE transfer_id = :id ORDER BY number LIMIT :most")
                        .param("id", id.value())
                        .param("most", MOST_STEPS)
                        .query((row, index) -> entry(row))
                        .list());
    }

    private static Integer attempts(EventMessage<?> message) {
        return message.getMetaData().get(Correlation.ATTEMPT) instanceof Number attempts ? attempts.intValue() : null;
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
        return event instanceof TransferParked parked ? parked.step() + ": " + parked.reason() : null;
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
