package florin.transfer.api;

import florin.account.api.Iban;
import florin.money.Money;
import org.axonframework.serialization.Revision;

/** Somebody wants money moved. */
@Revision("1")
public record TransferRequested(TransferId transferId, Iban from, Iban to, Money amount, String reference)
        implements TransferEvent {}
