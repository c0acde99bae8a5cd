package florin.transfer.api;

/** What is being done for a transfer; each step is one command that has one effect however often it is sent. */
public enum TransferStep {
    RESERVE,
    CREDIT,
    /** Bars the credit, or learns that it stands: comes before any release that no refusal calls for. */
    CANCEL,
    CAPTURE,
    RELEASE,
    COMPLETE,
    FAIL
}
