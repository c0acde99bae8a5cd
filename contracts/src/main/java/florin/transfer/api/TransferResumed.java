package florin.transfer.api;

import org.axonframework.serialization.Revision;

/**
 * A parked transfer goes on.
 *
 * @param operationId by which an operator said so; null in revision 1, and where a cancellation was repeated in versions of before
 */
@Revision("2")
public record TransferResumed(TransferId transferId, String operationId) implements TransferEvent {}
