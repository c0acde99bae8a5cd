package florin.transfer.api;

import org.axonframework.serialization.Revision;

/** No money moved, because somebody asked for that; final. */
@Revision("1")
public record TransferCancelled(TransferId transferId) implements TransferEndedEvent {}
