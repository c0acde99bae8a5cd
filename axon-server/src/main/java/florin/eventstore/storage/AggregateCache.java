package florin.eventstore.storage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Events of the aggregates that were read last, for those that are read again and again: an Axon Framework application without
 * a cache of its own reads the whole aggregate for each command. To gather a long one costs a block of the store for each
 * event, and more the larger the store is.
 *
 * <p>Events never change, so what is here is never wrong, only not all: a reader looks in the store for what follows. What is
 * gathered is kept when it is gathered a second time: most of it, as for a snapshot, is not read again.
 *
 * <p>Bounded in bytes over all contexts, {@value #MAX_BYTES} unless told otherwise; an aggregate has an eighth of that at most,
 * of a longer one its start is kept, and the one read longest ago goes first. Thread-safe.
 */
final class AggregateCache {
    static final int MAX_BYTES = 32 << 20;
    /** What an event takes beside its bytes, about: its object, its array's header, its place in the list. */
    private static final int EVENT_OVERHEAD = 64;

    private static final int MOST_READ_ONCE = 8192;

    private record Key(EventStorage context, String aggregate) {}

    /** Events in a row, the first of them with this sequence number; never changed. */
    private record Run(long first, List<StoredEvent> events, int bytes) {
        boolean holds(long sequence) {
            return sequence >= first && sequence < first + events.size();
        }

        boolean isFollowedBy(long sequence) {
            return sequence == first + events.size();
        }
    }

    private final int maxBytes;
    private final Map<Key, Run> runs = new LinkedHashMap<>(64, 0.75f, true);
    /** Where readings started, as hashes: which of them was the second one may be mistaken. */
    private final Set<Integer> readOnce = Collections.newSetFromMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
            return size() > MOST_READ_ONCE;
        }
    });

    private int size;

    AggregateCache() {
        this(MAX_BYTES);
    }

    AggregateCache(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** The events from one sequence number to another that are here, up to the first that is not; as many as are asked for. */
    List<StoredEvent> read(EventStorage context, String aggregate, long from, long to, int count, int bytes) {
        Run run;
        synchronized (this) {
            run = runs.get(new Key(context, aggregate));
        }
        List<StoredEvent> found = new ArrayList<>();
        int read = 0;
        for (long sequence = from;
                run != null && sequence <= to && run.holds(sequence) && found.size() < count && read < bytes;
                sequence++) {
            StoredEvent event = run.events.get((int) (sequence - run.first));
            found.add(event);
            read += event.size();
        }
        return found;
    }

    /**
     * Tells of committed events that were gathered, the first of them with this sequence number. It keeps them if they follow
     * what it has of their aggregate, or if a reading started there for the second time.
     */
    synchronized void gathered(
            EventStorage context, String aggregate, long first, List<StoredEvent> events, boolean isStart) {
        if (events.isEmpty()) {
            return;
        }
        Key key = new Key(context, aggregate);
        Run old = runs.get(key);
        boolean follows = old != null && old.isFollowedBy(first);
        boolean isSecondStart =
                isStart && (old == null || !old.holds(first)) && !readOnce.add(Objects.hash(key, first));
        int bytes = follows ? old.bytes : EVENT_OVERHEAD + 2 * aggregate.length();
        if (!(follows || isSecondStart) || bytes + sizeOf(events.get(0)) > maxBytes / 8) {
            return;
        }
        List<StoredEvent> all = new ArrayList<>(follows ? old.events : List.of());
        for (StoredEvent event : events) {
            int more = sizeOf(event);
            if (bytes + more > maxBytes / 8) {
                break;
            }
            all.add(event);
            bytes += more;
        }
        runs.put(key, new Run(follows ? old.first : first, all, bytes));
        size += bytes - (old == null ? 0 : old.bytes);
        var eldest = runs.values().iterator();
        while (size > maxBytes) {
            size -= eldest.next().bytes;
            eldest.remove();
        }
    }

    private static int sizeOf(StoredEvent event) {
        return event.value().length + EVENT_OVERHEAD;
    }

    /** Forgets what is known of a context: it is closed, or what it did not sync may be gone. */
    synchronized void forget(EventStorage context) {
        runs.entrySet().removeIf(entry -> {
            boolean isOfContext = entry.getKey().context == context;
            size -= isOfContext ? entry.getValue().bytes : 0;
            return isOfContext;
        });
    }

    synchronized int bytes() {
        return size;
    }
}
