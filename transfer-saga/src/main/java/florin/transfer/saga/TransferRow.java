package florin.transfer.saga;

import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.money.Money;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
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

/** A transfer in the view; its status only goes forward. */
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

    /** Whether this changed anything: a status that was reached or passed before does not. */
    boolean advance(TransferStatus next, RefusalReason why, Instant at) {
        if (status.isFinal() || next.compareTo(status) <= 0) {
            return false;
        }
        status = next;
        reason = why == null ? reason : why;
        updatedAt = at;
        return true;
    }

    /** Keeps why an account refused, for the end that is to come. */
    void remember(RefusalReason why) {
        if (!status.isFinal() && reason == null) {
            reason = why;
        }
    }

    TransferStatus status() {
        return status;
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
        return new TransferDetails(
                new TransferId(id),
                status,
                status == TransferStatus.FAILED ? reason : null,
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
