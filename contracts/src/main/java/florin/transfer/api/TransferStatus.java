package florin.transfer.api;

/** How far a transfer is, with the payment transaction status code of ISO 20022. */
public enum TransferStatus {
    RECEIVED("RCVD"),
    RESERVED("ACSP"),
    CREDITED("ACCC"),
    COMPLETED("ACSC"),
    FAILED("RJCT"),
    CANCELLED("CANC"),
    PARKED("PDNG");

    private final String code;

    TransferStatus(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }

    public boolean isFinal() {
        return this == COMPLETED || this == FAILED || this == CANCELLED;
    }
}
