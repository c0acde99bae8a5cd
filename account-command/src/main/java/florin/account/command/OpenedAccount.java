package florin.account.command;

import florin.account.api.AccountBalance;
import florin.account.api.Iban;
import florin.money.Money;
import java.util.Currency;

/** The answer to opening an account. */
record OpenedAccount(
        Iban iban, String owner, Currency currency, Money booked, Money reserved, Money available, long position) {

    static OpenedAccount of(String owner, Currency currency, AccountBalance balance) {
        return new OpenedAccount(
                balance.iban(),
                owner,
                currency,
                balance.booked(),
                balance.reserved(),
                balance.available(),
                balance.position());
    }
}
