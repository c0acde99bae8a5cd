package florin.chaos;

import java.time.Duration;

/**
 * One fault of a plan.
 *
 * @param target the name of a process, or of a {@link Link}
 * @param lasts how long until it is ended; zero for what is done at once
 * @param then how long until the next fault, from its end on; from its beginning if it is one beside others
 */
record Fault(FaultKind kind, String target, Duration lasts, Duration then) {
    /** How long until the next fault. */
    Duration takes() {
        return kind.isBesideOthers() ? then : lasts.plus(then);
    }

    @Override
    public String toString() {
        String length = kind.lasts() ? " for %.1f s".formatted(lasts.toMillis() / 1000.0) : "";
        return kind.label() + " " + target + length;
    }
}
