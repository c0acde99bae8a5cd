package florin.transfer.api;

import org.axonframework.serialization.Revision;

/** The money has moved; final. */
@Revision("1")
public record TransferCompleted(TransferId transferId) implements TransferEndedEvent {}
