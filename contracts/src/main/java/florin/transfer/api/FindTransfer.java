package florin.transfer.api;

/** Asks for one transfer. Answered by {@link TransferDetails}, or nothing if there is none. */
public record FindTransfer(TransferId transferId) {}
