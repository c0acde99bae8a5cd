package florin.account.api;

import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** A tombstone: this transfer will never be credited here. */
@Revision("1")
public record TransferCreditCancelled(Iban iban, TransferId transferId) implements TransferLegEvent {}
