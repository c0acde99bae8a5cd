package florin.transfer.saga;

import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.money.Money;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import org.springframework.data.domain.Persistable;

/** A transfer in the view; its status only goes forward, and whether it is parked stands beside it. */
@Entity
@Table(name = "transfer_view")
class TransferRow implements Persistable<String> {

    @Id
    private String id;

    @Enumerated(EnumType.STRING)
    private TransferStatus status;

    @Enumerated(EnumType.STRING)
    private RefusalReason reason;

    @Column(name = "from_iban")
    private String from;

    @Column(name = "to_iban")
    private String to;

    private long amountMinor;
    private String currency;
    private String reference;
    private String correlationId;
    private Instant requestedAt;
    private Instant updatedAt;
    private boolean parked;
    private boolean calledOff;

    @Transient
    private boolean stored;

    protected TransferRow() {
        // JPA fills it.
    }

    TransferRow(TransferRequested event, String correlationId, Instant requestedAt) {
        this.id = event.transferId().value();
        this.status = TransferStatus.RECEIVED;
        this.from = event.from().value();
        this.to = event.to().value();
        this.amountMinor = event.amount().minorUnits();
        this.currency = event.amount().currency().getCurrencyCode();
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
        updatedAt = at;
    }

    void resume(Instant at) {
        parked = false;
        updatedAt = at;
    }

    /** Something happened to it; if it is parked, it stays so until it ends or its aggregate says otherwise. */
    void moved(Instant at) {
        parked = parked && !status.isFinal();
        updatedAt = at;
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
        return new TransferRequested(new TransferId(id), new Iban(from), new Iban(to), amount(), reference);
    }

    private Money amount() {
        return new Money(amountMinor, Money.currency(currency));
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
                new Iban(from),
                new Iban(to),
                amount(),
                reference,
                correlationId,
                requestedAt,
                updatedAt);
    }

    @Override
    public String getId() {
        return id;
    }

    @Override
    public boolean isNew() {
        return !stored;
    }

    @PostLoad
    @PostPersist
    void markStored() {
        stored = true;
    }
}
