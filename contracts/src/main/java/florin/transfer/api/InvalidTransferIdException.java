package florin.transfer.api;

/** A text that is not a transfer id. */
public final class InvalidTransferIdException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidTransferIdException(String message) {
        super(message);
    }
}
