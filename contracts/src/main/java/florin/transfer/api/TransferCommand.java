package florin.transfer.api;

/** What can be told to one transfer. */
public sealed interface TransferCommand permits CompleteTransfer, FailTransfer, RequestTransfer {

    TransferId transferId();
}
