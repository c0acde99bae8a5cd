package florin.account.api;

import florin.money.Money;
import java.util.Currency;

/** An account as the read side shows it; {@code position} as in {@link AccountBalance}. */
public record AccountDetails(
        Iban iban,
        String owner,
        Currency currency,
        Money booked,
        Money reserved,
        Money available,
        AccountStatus status,
        long position) {}
