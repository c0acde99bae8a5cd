package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** The amount of a transfer is set aside at its source. */
@Revision("1")
public record FundsReserved(Iban iban, TransferId transferId, Money amount, Iban creditor)
        implements TransferLegEvent {}
