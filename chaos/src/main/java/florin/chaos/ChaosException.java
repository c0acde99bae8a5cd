package florin.chaos;

/** The run itself cannot go on; its message is a sentence for a person. */
final class ChaosException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ChaosException(String sentence) {
        super(sentence);
    }

    ChaosException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
