package florin.eventstore.protocol;

import java.util.regex.Pattern;

/** Bounds the names that clients give to themselves and their messages, for the node keeps them. */
public final class Names {
    private static final int MAX_LENGTH = 4096;
    private static final int MAX_LOGGED_LENGTH = 200;
    /** What ends a line, or changes how what follows is shown. */
    private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

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

    /** What a client chose, as the log has it: not long, and on one line, so that it looks like nothing else there. */
    public static String forLog(String text) {
        String shown = text.length() > MAX_LOGGED_LENGTH ? text.substring(0, MAX_LOGGED_LENGTH) + "..." : text;
        return UNSEEN.matcher(shown).replaceAll("?");
    }
}
