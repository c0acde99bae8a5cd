package florin.account.api;

import florin.money.Money;
import org.axonframework.serialization.Revision;

/** Cash came in. */
@Revision("1")
public record MoneyDeposited(Iban iban, String operationId, Money amount, String reference) implements AccountEvent {}
