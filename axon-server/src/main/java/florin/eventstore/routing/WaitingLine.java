package florin.eventstore.routing;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;

/** What waits for a handler, as far as there is {@link Room} for it: the highest priority is next, and among equals what came first. */
final class WaitingLine<M extends WaitingLine.Message> {
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
    private final Room room = new Room();
    private long arrivals;

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
        return room.isFor(message.bytes());
    }

    /** Adds a message; there is none of its identifier yet. */
    void add(M message) {
        places.add(new Place<>(message, arrivals++));
        identifiers.add(message.identifier());
        room.add(message.bytes());
    }

    private void left(M message) {
        identifiers.remove(message.identifier());
        room.remove(message.bytes());
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
