package florin.account.api;

import florin.money.Money;
import org.axonframework.serialization.Revision;

/** Cash went out. */
@Revision("1")
public record MoneyWithdrawn(Iban iban, String operationId, Money amount, String reference) implements AccountEvent {}
