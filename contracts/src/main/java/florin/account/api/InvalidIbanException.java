package florin.account.api;

/** A text that ISO 13616 does not accept as an IBAN. */
public final class InvalidIbanException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidIbanException(String message) {
        super(message);
    }
}
