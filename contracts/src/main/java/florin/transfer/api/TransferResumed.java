package florin.transfer.api;

import org.axonframework.serialization.Revision;

/**
 * A parked transfer goes on.
 *
 * @param operationId by which an operator said so; null where it was called off, and in revision 1
 */
@Revision("2")
public record TransferResumed(TransferId transferId, String operationId) implements TransferEvent {}
