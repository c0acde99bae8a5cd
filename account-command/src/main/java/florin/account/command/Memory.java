package florin.account.command;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What an account has done, by the id of what asked for it, so that a repetition has no second effect.
 *
 * <p>What is settled is forgotten, oldest first, when it is older than the retention and beyond the number that is always
 * kept; or, whatever its age, beyond the most that is kept. {@link #mayHaveForgotten} tells a repetition that comes later
 * still. Age is told by event timestamps, so every replay forgets the same.
 */
final class Memory<S> {

    /** How far the clocks of two services may be apart. */
    static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);

    /** Where something stands, the amount that it was about, and when it came to stand there. */
    record Entry<S>(S state, long amountMinor, Instant at) {}

    // Oldest first. Not final: a snapshot is read into it.
    private Map<String, Entry<S>> entries = new LinkedHashMap<>();
    private Instant forgottenUntil = Instant.EPOCH;

    Optional<Entry<S>> find(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    /** Whether something that was asked for then could have been done and forgotten. */
    boolean mayHaveForgotten(Instant requestedAt) {
        return requestedAt.minus(CLOCK_TOLERANCE).compareTo(forgottenUntil) <= 0;
    }

    int size() {
        return entries.size();
    }

    /** Remembers, and forgets what is due and settled. */
    void remember(String id, S state, long amountMinor, Instant at, Predicate<S> settled, IdempotencyWindow window) {
        entries.remove(id);
        entries.put(id, new Entry<>(state, amountMinor, at));
        Instant horizon = at.minus(window.retention());
        Iterator<Entry<S>> oldest = entries.values().iterator();
        while (entries.size() > window.kept() && oldest.hasNext()) {
            Entry<S> entry = oldest.next();
            if (!entry.at().isBefore(horizon) && entries.size() <= window.most()) {
                return;
            }
            if (settled.test(entry.state())) {
                oldest.remove();
                forgottenUntil = entry.at().isAfter(forgottenUntil) ? entry.at() : forgottenUntil;
            }
        }
    }
}
