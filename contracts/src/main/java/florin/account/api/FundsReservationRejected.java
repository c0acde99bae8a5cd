package florin.account.api;

import florin.transfer.api.TransferId;
import org.axonframework.serialization.Revision;

/** The source refuses a transfer, for good. */
@Revision("1")
public record FundsReservationRejected(Iban iban, TransferId transferId, RefusalReason reason)
        implements TransferLegEvent {}
