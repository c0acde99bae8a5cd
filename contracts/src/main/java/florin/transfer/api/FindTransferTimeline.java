package florin.transfer.api;

/** Asks for what happened to one transfer. Answered by {@link TransferTimeline}, or nothing if there is no such transfer. */
public record FindTransferTimeline(TransferId transferId) {}
