package florin.transfer.api;

import org.axonframework.serialization.Revision;

/** A parked transfer goes on. */
@Revision("1")
public record TransferResumed(TransferId transferId) implements TransferEvent {}
