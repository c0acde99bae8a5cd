package florin.money;

/** An amount that is not one, or arithmetic that money does not allow. */
public final class MoneyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** What was wrong, as a stable name. */
    public enum Kind {
        INVALID_AMOUNT,
        UNKNOWN_CURRENCY,
        CURRENCY_MISMATCH,
        OVERFLOW
    }

    private final Kind kind;

    MoneyException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
