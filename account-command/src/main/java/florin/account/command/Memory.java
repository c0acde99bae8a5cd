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
 * <p>Only what is both older than {@link #RETENTION} and not among the newest {@link #CAPACITY} is forgotten: age keeps
 * every repetition that can still come, the number keeps quiet accounts simple. Age is told by event timestamps, so every
 * replay forgets the same.
 */
final class Memory<S> {

    /** Longer than an idempotency key is kept and than any transfer lives. */
    static final Duration RETENTION = Duration.ofDays(30);

    /** How many are remembered whatever their age. */
    static final int CAPACITY = 10_000;

    /** Where something stands, the amount that it was about, and when it came to stand there. */
    record Entry<S>(S state, long amountMinor, Instant at) {}

    // Oldest first. Not final: a snapshot is read into it.
    private Map<String, Entry<S>> entries = new LinkedHashMap<>();

    Optional<Entry<S>> find(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    boolean anyMatch(Predicate<S> state) {
        return entries.values().stream().anyMatch(entry -> state.test(entry.state()));
    }

    int size() {
        return entries.size();
    }

    /** Remembers, and forgets what is due and settled. */
    void remember(String id, S state, long amountMinor, Instant at, Predicate<S> settled) {
        entries.remove(id);
        entries.put(id, new Entry<>(state, amountMinor, at));
        Instant horizon = at.minus(RETENTION);
        Iterator<Entry<S>> oldest = entries.values().iterator();
        while (entries.size() > CAPACITY && oldest.hasNext()) {
            Entry<S> entry = oldest.next();
            if (!entry.at().isBefore(horizon)) {
                return;
            }
            if (settled.test(entry.state())) {
                oldest.remove();
            }
        }
    }
}
