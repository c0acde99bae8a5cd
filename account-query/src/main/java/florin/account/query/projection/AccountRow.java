package florin.account.query.projection;

import florin.account.api.AccountDetails;
import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.Iban;
import florin.money.Money;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.util.Currency;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** An account as its events up to {@code position} left it. */
@Entity
@Table(name = "account")
class AccountRow {

    @Id
    @Column(length = 34)
    private String iban;

    private String owner;

    @JdbcTypeCode(SqlTypes.CHAR)
    @Column(length = 3)
    private String currency;

    private long bookedMinor;
    private long reservedMinor;
    private long overdraftMinor;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    private AccountStatus status;

    private long position;

    protected AccountRow() {}

    AccountRow(AccountOpened event, long position) {
        Money zero = Money.zero(event.currency());
        this.iban = event.iban().value();
        this.owner = event.owner();
        this.currency = event.currency().getCurrencyCode();
        this.bookedMinor = zero.minorUnits();
        this.reservedMinor = zero.minorUnits();
        this.overdraftMinor = zero.plus(event.overdraftLimit()).minorUnits();
        this.status = AccountStatus.OPEN;
        this.position = position;
    }

    long position() {
        return position;
    }

    Money zero() {
        return Money.zero(Currency.getInstance(currency));
    }

    /** Applies the next event: all of it, or nothing if the sums are out of range or of another currency. */
    void apply(Money bookedChange, Money reservedChange, AccountStatus newStatus, long newPosition) {
        Money newBooked = booked().plus(bookedChange);
        Money newReserved = reserved().plus(reservedChange).requireNotNegative();
        bookedMinor = newBooked.minorUnits();
        reservedMinor = newReserved.minorUnits();
        status = newStatus;
        position = newPosition;
    }

    AccountStatus status() {
        return status;
    }

    private Money money(long minorUnits) {
        return new Money(minorUnits, Currency.getInstance(currency));
    }

    private Money booked() {
        return money(bookedMinor);
    }

    private Money reserved() {
        return money(reservedMinor);
    }

    AccountDetails details() {
        return new AccountDetails(
                new Iban(iban),
                owner,
                Currency.getInstance(currency),
                booked(),
                reserved(),
                booked().minus(reserved()).plus(money(overdraftMinor)),
                status,
                position);
    }
}
