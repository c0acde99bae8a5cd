package florin.transfer.api;

import florin.account.api.RefusalReason;
import org.axonframework.serialization.Revision;

/** No money moved; final. */
@Revision("1")
public record TransferFailed(TransferId transferId, RefusalReason reason) implements TransferEndedEvent {}
