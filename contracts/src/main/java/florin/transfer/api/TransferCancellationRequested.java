package florin.transfer.api;

import florin.account.api.RefusalReason;
import org.axonframework.serialization.Revision;

/** No money is to move if it still can be kept from moving: DS02 was asked for, TM01 the time is up. */
@Revision("1")
public record TransferCancellationRequested(TransferId transferId, RefusalReason reason) implements TransferEvent {}
