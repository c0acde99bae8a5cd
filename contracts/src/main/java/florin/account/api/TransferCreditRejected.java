package florin.account.api;

import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** The target refuses a transfer, for good. */
@Revision("1")
public record TransferCreditRejected(Iban iban, TransferId transferId, RefusalReason reason)
        implements TransferLegEvent {}
