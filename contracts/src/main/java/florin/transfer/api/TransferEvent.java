package florin.transfer.api;

/** What happened to one transfer; kept for ever. */
public sealed interface TransferEvent permits TransferCompleted, TransferFailed, TransferRequested {

    TransferId transferId();
}
