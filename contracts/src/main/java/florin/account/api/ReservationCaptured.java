package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** The reserved amount has left its source. */
@Revision("1")
public record ReservationCaptured(Iban iban, TransferId transferId, Money amount) implements TransferLegEvent {}
