package florin.chaos;

import java.time.Duration;

/**
 * One fault of a plan.
 *
 * @param target the name of a process, of a {@link Link} or of a projection; or {@link #EVERYTHING}
 * @param lasts how long until it is ended; zero for what is done at once
 * @param then how long until the next fault, from its end on; from its beginning if others come while it lasts
 */
record Fault(FaultKind kind, String target, Duration lasts, Duration then) {
    /** All processes at once. */
    static final String EVERYTHING = "everything";

    /** A longer one does not keep others waiting. */
    private static final Duration LONGEST_ALONE = Duration.ofSeconds(10);

    /** Whether the faults that follow come while it lasts. */
    boolean isBesideOthers() {
        return lasts.compareTo(LONGEST_ALONE) > 0;
    }

    /** How long until the next fault. */
    Duration takes() {
        return isBesideOthers() ? then : lasts.plus(then);
    }

    @Override
    public String toString() {
        String length = kind.lasts() ? " for %.1f s".formatted(lasts.toMillis() / 1000.0) : "";
        return kind.label() + " " + target + length;
    }
}
