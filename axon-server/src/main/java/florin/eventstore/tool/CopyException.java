package florin.eventstore.tool;

/** A copy that cannot go on; the message is one sentence for a person. */
public final class CopyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CopyException(String message, Throwable cause) {
        super(message, cause);
    }
}
