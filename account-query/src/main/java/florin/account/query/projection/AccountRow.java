package florin.account.query.projection;

import florin.account.api.AccountDetails;
import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.Iban;
import florin.money.Money;
import java.util.Currency;

/** An account as its events up to {@code position} left it. */
record AccountRow(
        String iban,
        String owner,
        String currency,
        long bookedMinor,
        long reservedMinor,
        long overdraftMinor,
        AccountStatus status,
        long position) {

    static AccountRow opened(AccountOpened event, long position) {
        Money zero = Money.zero(event.currency());
        return new AccountRow(
                event.iban().value(),
                event.owner(),
                event.currency().getCurrencyCode(),
                zero.minorUnits(),
                zero.minorUnits(),
                zero.plus(event.overdraftLimit()).minorUnits(),
                AccountStatus.OPEN,
                position);
    }

    /** The row after the next event; throws if the sums are out of range or of another currency. */
    AccountRow after(Money bookedChange, Money reservedChange, AccountStatus newStatus, long newPosition) {
        return new AccountRow(
                iban,
                owner,
                currency,
                booked().plus(bookedChange).minorUnits(),
                reserved().plus(reservedChange).requireNotNegative().minorUnits(),
                overdraftMinor,
                newStatus,
                newPosition);
    }

    Money zero() {
        return money(0);
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

    private Money booked() {
        return money(bookedMinor);
    }

    private Money reserved() {
        return money(reservedMinor);
    }

    private Money money(long minorUnits) {
        return new Money(minorUnits, Currency.getInstance(currency));
    }
}
