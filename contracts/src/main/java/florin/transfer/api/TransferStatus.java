package florin.transfer.api;

/** How far a transfer is. */
public enum TransferStatus {
    RECEIVED,
    RESERVED,
    CREDITED,
    COMPLETED,
    FAILED;

    public boolean isFinal() {
        return this == COMPLETED || this == FAILED;
    }
}
