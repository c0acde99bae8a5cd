package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** The reserved amount is available again. */
@Revision("1")
public record ReservationReleased(Iban iban, TransferId transferId, Money amount) implements TransferLegEvent {}
