package florin.account.api;

/** What a text for people to read is made of: no control characters, and no half of a character, which cannot be stored. */
public final class PlainText {
    /** A regular expression, for {@link jakarta.validation.constraints.Pattern}. */
    public static final String PATTERN = "[\\P{Cntrl}&&\\P{Cs}]*";

    /** What is wrong with a text that does not match. */
    public static final String VIOLATION = "has control characters or unpaired surrogates";

    private PlainText() {}
}
