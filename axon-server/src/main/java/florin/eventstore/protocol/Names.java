package florin.eventstore.protocol;

/** Bounds the names that clients give to themselves and their messages, for the node keeps them. */
public final class Names {
    private static final int MAX_LENGTH = 4096;

    private Names() {}

    /**
     * Refuses a name that is too long.
     *
     * @param what what it names, for the message
     */
    public static void check(String what, String name) {
        if (name.length() > MAX_LENGTH) {
            throw Refusal.invalid("the " + what + " has " + MAX_LENGTH + " characters at most");
        }
    }
}
