package florin.transfer.api;

import org.axonframework.serialization.Revision;

/** A step has been tried often enough; it is tried again when an operator says so. */
@Revision("1")
public record TransferParked(TransferId transferId, TransferStep step, String reason) implements TransferEvent {}
