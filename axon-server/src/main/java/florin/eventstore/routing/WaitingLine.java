package florin.eventstore.routing;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;

/** What waits for a handler, bounded in number and in bytes: the highest priority is next, and among equals what came first. */
final class WaitingLine<M extends WaitingLine.Message> {
    private static final int MAX_MESSAGES = 10_000;
    private static final long MAX_BYTES = 32L << 20;

    interface Message {
        String identifier();

        int bytes();

        long priority();
    }

    private record Place<M>(M message, long arrival) {}

    private final PriorityQueue<Place<M>> places = new PriorityQueue<>(
            Comparator.comparingLong((Place<M> place) -> place.message().priority())
                    .reversed()
                    .thenComparingLong(Place::arrival));
    private final Set<String> identifiers = new HashSet<>();
    private long arrivals;
    private long bytes;

    int size() {
        return places.size();
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    boolean contains(String identifier) {
        return identifiers.contains(identifier);
    }

    boolean hasRoomFor(M message) {
        return hasRoom(places.size(), bytes, message.bytes());
    }

    /** Whether one more may wait beside so many: one alone may, however large it is. */
    static boolean hasRoom(int waiting, long bytes, int more) {
        return waiting < MAX_MESSAGES && (bytes == 0 || bytes + more <= MAX_BYTES);
    }

    /** Adds a message; there is none of its identifier yet. */
    void add(M message) {
        places.add(new Place<>(message, arrivals++));
        identifiers.add(message.identifier());
        bytes += message.bytes();
    }

    private void left(M message) {
        identifiers.remove(message.identifier());
        bytes -= message.bytes();
    }

    /** The next one, which stays in the line; only if there is one. */
    M next() {
        return places.element().message();
    }

    /** Removes the next one; only if there is one. */
    void remove() {
        left(places.remove().message());
    }

    /** Removes the message, wherever it stands in the line, if it does. */
    void withdraw(M message) {
        for (Iterator<Place<M>> rest = places.iterator(); rest.hasNext(); ) {
            if (rest.next().message() == message) {
                rest.remove();
                left(message);
                return;
            }
        }
    }

    /** Removes what is wanted, and returns it in its order. */
    List<M> remove(Predicate<M> wanted) {
        List<M> removed = places.stream()
                .filter(place -> wanted.test(place.message()))
                .sorted(places.comparator())
                .map(Place::message)
                .toList();
        places.removeIf(place -> wanted.test(place.message()));
        removed.forEach(this::left);
        return removed;
    }
}
