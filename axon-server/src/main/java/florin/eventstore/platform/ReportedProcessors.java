package florin.eventstore.platform;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which clients have reported which event processors, in the order of their names, so that whoever wants some does not look through all
 * clients, and whoever lists them keeps no list. What was reported last is kept by the client; what all take together is
 * bounded.
 *
 * <p>Thread-safe.
 */
final class ReportedProcessors {
    /** An eighth of the heap. */
    private static final long MAX_BYTES = Runtime.getRuntime().maxMemory() / 8;

    /**
     * Where a processor runs.
     *
     * @param number the client's
     */
    private record Place(String context, String name, long number, ConnectedClient client) {
        private static Place of(ConnectedClient client, String name) {
            return new Place(client.context(), name, client.number(), client);
        }

        /** It stands before those of the name, and after those of the names before. */
        private static Place before(String context, String name) {
            return new Place(context, name, Long.MIN_VALUE, null);
        }

        private static Place after(String context, String name) {
            return new Place(context, name, Long.MAX_VALUE, null);
        }
    }

    private final NavigableSet<Place> places = new ConcurrentSkipListSet<>(
            Comparator.comparing(Place::context).thenComparing(Place::name).thenComparingLong(Place::number));
    private final AtomicLong clients = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    /** A number that no client had before. */
    long newNumber() {
        return clients.incrementAndGet();
    }

    /** Counts what a report takes more than the one before; false, and not counted, if all take too much then. */
    boolean count(long more) {
        if (bytes.addAndGet(more) > MAX_BYTES && more > 0) {
            bytes.addAndGet(-more);
            return false;
        }
        return true;
    }

    long bytes() {
        return bytes.get();
    }

    void add(ConnectedClient client, String name) {
        places.add(Place.of(client, name));
    }

    void remove(ConnectedClient client, String name) {
        places.remove(Place.of(client, name));
    }

    /** The first name in the context; null if there is none. */
    String firstName(String context) {
        return name(context, places.higher(Place.before(context, "")));
    }

    /** The next name in the context; null if there is none. */
    String nameAfter(String context, String name) {
        return name(context, places.higher(Place.after(context, name)));
    }

    private static String name(String context, Place place) {
        return place == null || !place.context().equals(context) ? null : place.name();
    }

    /** The clients of the context that have reported a processor of the name. */
    Iterable<ConnectedClient> clients(String context, String name) {
        return () -> places.subSet(Place.before(context, name), Place.after(context, name)).stream()
                .map(Place::client)
                .iterator();
    }
}
