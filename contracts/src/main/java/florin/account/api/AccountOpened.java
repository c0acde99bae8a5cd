package florin.account.api;

import florin.money.Money;
import java.util.Currency;
import org.axonframework.serialization.Revision;

/** The first event of an account. */
@Revision("1")
public record AccountOpened(Iban iban, String owner, Currency currency, Money overdraftLimit) implements AccountEvent {}
