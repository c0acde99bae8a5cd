package florin.launcher;

/** Wrong usage: an option, variable or line of {@code florin.properties} that is not understood. Exit code 2. */
public final class UsageException extends LauncherException {
    private static final long serialVersionUID = 1L;

    public UsageException(String sentence) {
        super(sentence);
    }
}
