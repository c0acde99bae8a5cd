package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** The amount of a transfer is booked at its target. */
@Revision("1")
public record TransferCredited(Iban iban, TransferId transferId, Money amount, Iban debtor)
        implements TransferLegEvent {}
