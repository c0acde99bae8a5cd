package florin.transfer.api;

/** What can be told to one transfer. */
public sealed interface TransferCommand
        permits CancelTransfer,
                CompleteTransfer,
                ExpireTransfer,
                FailTransfer,
                ParkTransfer,
                RequestTransfer,
                ResumeTransfer {

    TransferId transferId();
}
