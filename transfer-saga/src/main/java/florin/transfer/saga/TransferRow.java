package florin.transfer.saga;

import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.kit.Columns;
import florin.money.Money;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;

/** A transfer in the view; its status only goes forward, and whether it is parked stands beside it. */
final class TransferRow {

    static final int LONGEST_CORRELATION_ID = 255;
    private static final int LONGEST_REFERENCE = 140;

    private final String id;
    private final Iban from;
    private final Iban to;
    private final Money amount;
    private final String reference;
    private final String correlationId;
    private final Instant requestedAt;
    private TransferStatus status;
    private RefusalReason reason;
    private Instant updatedAt;
    private boolean parked;
    private boolean calledOff;

    /** As it stands in the table. */
    TransferRow(ResultSet row) throws SQLException {
        String why = row.getString("reason");
        this.id = row.getString("id");
        this.status = TransferStatus.valueOf(row.getString("status"));
        this.reason = why == null ? null : RefusalReason.valueOf(why);
        this.from = new Iban(row.getString("from_iban"));
        this.to = new Iban(row.getString("to_iban"));
        this.amount = new Money(row.getLong("amount_minor"), Money.currency(row.getString("currency")));
        this.reference = row.getString("reference");
        this.correlationId = row.getString("correlation_id");
        this.requestedAt = row.getTimestamp("requested_at").toInstant();
        this.updatedAt = row.getTimestamp("updated_at").toInstant();
        this.parked = row.getBoolean("parked");
        this.calledOff = row.getBoolean("called_off");
    }

    TransferRow(TransferRequested event, String correlationId, Instant requestedAt) {
        this.id = event.transferId().value();
        this.status = TransferStatus.RECEIVED;
        this.from = event.from();
        this.to = event.to();
        this.amount = event.amount();
        this.reference = event.reference();
        this.correlationId = correlationId;
        this.requestedAt = requestedAt;
        this.updatedAt = requestedAt;
    }

    /** A status that was reached or passed before stays. */
    void advance(TransferStatus next, Instant at) {
        if (!status.isFinal() && next.compareTo(status) > 0) {
            status = next;
        }
        moved(at);
    }

    void fail(RefusalReason why, Instant at) {
        reason = why;
        advance(TransferStatus.FAILED, at);
    }

    /** Keeps why an account refused first, for the end that is to come. */
    void keepReason(RefusalReason why) {
        if (!status.isFinal() && reason == null) {
            reason = why;
        }
    }

    void callOff(Instant at) {
        calledOff = true;
        resume(at);
    }

    void park(Instant at) {
        parked = true;
        touch(at);
    }

    void resume(Instant at) {
        parked = false;
        touch(at);
    }

    /** Something happened to it; if it is parked, it stays so until it ends or its aggregate says otherwise. */
    void moved(Instant at) {
        parked = parked && !status.isFinal();
        touch(at);
    }

    /** The clocks of services differ: an event may seem older than the one before it. The time goes on with each. */
    private void touch(Instant at) {
        updatedAt = at.isBefore(updatedAt) ? updatedAt.plusMillis(1) : at;
    }

    /** Whether an event of that time is certainly none of those that led to this row. */
    boolean isOlderThan(Instant time) {
        return time.isAfter(updatedAt);
    }

    /** The step that it is at for all that is shown here; each step may be done again. */
    TransferStep step() {
        return switch (status) {
            case RECEIVED -> calledOff ? TransferStep.CANCEL : TransferStep.RESERVE;
            case RESERVED -> calledOff ? TransferStep.CANCEL : TransferStep.CREDIT;
            case CREDITED -> TransferStep.CAPTURE;
            default -> throw new IllegalStateException("The transfer " + id + " is " + status);
        };
    }

    TransferId transferId() {
        return new TransferId(id);
    }

    Instant requestedAt() {
        return requestedAt;
    }

    TransferCursor cursor() {
        return new TransferCursor(requestedAt, id);
    }

    RefusalReason reason() {
        return reason;
    }

    String correlationId() {
        return correlationId;
    }

    TransferRequested request() {
        return new TransferRequested(new TransferId(id), from, to, amount, reference);
    }

    TransferDetails details() {
        TransferStatus shown = parked ? TransferStatus.PARKED : status;
        RefusalReason why =
                switch (shown) {
                    case FAILED -> reason;
                    case CANCELLED -> RefusalReason.DS02;
                    default -> null;
                };
        return new TransferDetails(
                new TransferId(id),
                shown,
                shown.code(),
                why,
                from,
                to,
                amount,
                reference,
                correlationId,
                requestedAt,
                updatedAt);
    }

    /** What {@link TransferRows} writes, in the order of its statement. */
    static Columns<TransferRow> columns(Collection<TransferRow> rows) {
        return Columns.of(rows)
                .text(row -> row.id)
                .text(row -> row.status.name())
                .text(row -> row.reason == null ? null : row.reason.name())
                .text(row -> row.from.value())
                .text(row -> row.to.value())
                .bigint(row -> row.amount.minorUnits())
                .text(row -> row.amount.currency().getCurrencyCode())
                .text(row -> row.reference, LONGEST_REFERENCE)
                .text(row -> row.correlationId, LONGEST_CORRELATION_ID)
                .timestamp(row -> row.requestedAt)
                .timestamp(row -> row.updatedAt)
                .bool(row -> row.parked)
                .bool(row -> row.calledOff);
    }
}
