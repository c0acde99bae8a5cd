package florin.transfer.saga;

import florin.kit.ProblemException;
import florin.kit.ProblemType;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long a client wants an answer to wait: {@code 500ms} or {@code 5s}, at most a minute. */
final class Waiting {

    static final Duration LONGEST = Duration.ofSeconds(60);

    private static final Pattern FORM = Pattern.compile("([0-9]{1,5})(ms|s)");

    private static final Pattern PREFERENCE =
            Pattern.compile("(?i)(?:.*[,;\\s])?wait\\s*=\\s*\"?([0-9]{1,5})\"?(?:[,;\\s].*)?");

    private Waiting() {}

    /**
     * How long the header {@code Prefer} of RFC 7240 asks an answer to wait, at most a minute; empty if it does not, for what
     * a server does not know of it does not count.
     */
    static Optional<Duration> preferred(String preferences) {
        return Optional.ofNullable(preferences)
                .map(PREFERENCE::matcher)
                .filter(Matcher::matches)
                .map(form -> Duration.ofSeconds(Long.parseLong(form.group(1))))
                .filter(wait -> !wait.isZero())
                .map(wait -> wait.compareTo(LONGEST) < 0 ? wait : LONGEST);
    }

    static Duration parse(String text) {
        if (text == null) {
            return Duration.ZERO;
        }
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            long number = Long.parseLong(form.group(1));
            Duration wait = form.group(2).equals("s") ? Duration.ofSeconds(number) : Duration.ofMillis(number);
            if (wait.compareTo(LONGEST) <= 0) {
                return wait;
            }
        }
        throw new ProblemException(
                ProblemType.INVALID_REQUEST, "wait must be a duration such as 5s or 500ms, of at most 60s");
    }
}
