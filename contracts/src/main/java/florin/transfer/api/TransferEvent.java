package florin.transfer.api;

/** What happened to one transfer; kept for ever. */
public sealed interface TransferEvent
        permits TransferCancellationRequested, TransferEndedEvent, TransferParked, TransferRequested, TransferResumed {

    TransferId transferId();
}
