package florin.transfer.api;

/** The last event of a transfer. */
public sealed interface TransferEndedEvent extends TransferEvent
        permits TransferCancelled, TransferCompleted, TransferFailed {}
