package florin.account.query.projection;

import florin.account.api.AccountEntry;
import florin.money.Money;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Currency;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** One side of a posting; written once by {@link EntryRows#insert}, never changed. */
@Entity
@Table(name = "entry")
class EntryRow {

    @Id
    private String id;

    private String account;
    private String ledger;

    @JdbcTypeCode(SqlTypes.CHAR)
    @Column(length = 3)
    private String currency;

    private long amountMinor;
    private String kind;
    private String transferId;
    private String reference;
    private Instant bookedAt;
    private long position;

    protected EntryRow() {}

    long position() {
        return position;
    }

    String ledger() {
        return ledger;
    }

    AccountEntry entry() {
        return new AccountEntry(
                id,
                account,
                new Money(amountMinor, Currency.getInstance(currency)),
                kind,
                transferId,
                reference,
                bookedAt,
                position);
    }
}
