package florin.account.command;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonCreator.Mode;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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

    /** Where something stands, the amount that it was about, and when it came to stand there, in milliseconds. */
    record Entry<S>(S state, long amountMinor, long at) {}

    /**
     * An id. An account knows many, so a UUID, alone or of a transfer, is kept as the two numbers that it is, in half the
     * room; any other is all start. They have an order, for clients choose them, and could choose many with one hash.
     */
    record Id(String start, long high, long low) implements Comparable<Id> {

        static final String OF_TRANSFER = "TRF-";
        private static final int UUID_LENGTH = 36;
        private static final UUID NONE = new UUID(0, 0);
        private static final Comparator<Id> ORDER =
                Comparator.comparingLong(Id::high).thenComparingLong(Id::low).thenComparing(Id::start);

        static Id of(String id) {
            String start = id.startsWith(OF_TRANSFER) ? OF_TRANSFER : "";
            String rest = id.substring(start.length());
            UUID uuid = uuidOf(rest);
            return !uuid.equals(NONE) && uuid.toString().equals(rest)
                    ? new Id(start, uuid.getMostSignificantBits(), uuid.getLeastSignificantBits())
                    : new Id(id, 0, 0);
        }

        /** The UUID that the text might be. */
        private static UUID uuidOf(String text) {
            try {
                return text.length() == UUID_LENGTH ? UUID.fromString(text) : NONE;
            } catch (IllegalArgumentException e) {
                return NONE;
            }
        }

        boolean isUuid() {
            return high != 0 || low != 0;
        }

        @Override
        public int compareTo(Id other) {
            return ORDER.compare(this, other);
        }
    }

    // Oldest first.
    private final Map<Id, Entry<S>> entries;
    private long forgottenUntil;

    Memory() {
        entries = new LinkedHashMap<>();
    }

    @JsonCreator(mode = Mode.DELEGATING)
    Memory(PackedMemory<S> packed) {
        entries = packed.entries();
        forgottenUntil = packed.forgottenUntil();
    }

    /** For a snapshot. */
    @JsonValue
    PackedMemory<S> packed() {
        return PackedMemory.of(entries, forgottenUntil);
    }

    Optional<Entry<S>> find(String id) {
        return Optional.ofNullable(entries.get(Id.of(id)));
    }

    /** Whether something that was asked for then could have been done and forgotten. */
    boolean mayHaveForgotten(Instant requestedAt) {
        return requestedAt.minus(CLOCK_TOLERANCE).toEpochMilli() <= forgottenUntil;
    }

    int size() {
        return entries.size();
    }

    /** Remembers, and forgets what is due and settled. */
    void remember(String id, S state, long amountMinor, Instant at, Predicate<S> settled, IdempotencyWindow window) {
        Id key = Id.of(id);
        entries.remove(key);
        entries.put(key, new Entry<>(state, amountMinor, at.toEpochMilli()));
        long horizon = at.minus(window.retention()).toEpochMilli();
        Iterator<Entry<S>> oldest = entries.values().iterator();
        while (entries.size() > window.kept() && oldest.hasNext()) {
            Entry<S> entry = oldest.next();
            if (entry.at() >= horizon && entries.size() <= window.most()) {
                return;
            }
            if (settled.test(entry.state())) {
                oldest.remove();
                forgottenUntil = Math.max(forgottenUntil, entry.at());
            }
        }
    }
}
