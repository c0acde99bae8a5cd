package florin.eventstore.routing;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Consistent hashing: each member owns as many points on a ring as its weight says, a key belongs to the next point.
 * When a member leaves, only its keys move. To add or remove one costs as much as it has points, however many others there are.
 *
 * <p>Changed by one thread at a time, read by any number meanwhile.
 */
final class HashRing<M> {
    private static final int MAX_POINTS = 1000;

    private final NavigableMap<Long, M> points = new ConcurrentSkipListMap<>();
    private final Map<M, Place> members = new ConcurrentHashMap<>();

    private record Place(String name, int weight) {
        Set<Long> points() {
            return IntStream.range(0, Math.min(weight, MAX_POINTS))
                    .mapToObj(number -> hash(name + '#' + number))
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }

    boolean contains(M member) {
        return members.containsKey(member);
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** Adds the member, or changes its weight; its name decides where its points are. */
    void put(M member, String name, int weight) {
        Place place = new Place(name, weight);
        Place before = members.put(member, place);
        if (place.equals(before)) {
            return;
        }
        Set<Long> now = place.points();
        now.forEach(point -> points.put(point, member));
        if (before != null) {
            leave(member, before, now);
        }
    }

    void remove(M member) {
        Place place = members.get(member);
        if (place != null) {
            // Its points first: whoever sees that it is no member any more is not given it again.
            leave(member, place, Set.of());
            members.remove(member);
        }
    }

    private void leave(M member, Place place, Set<Long> kept) {
        Set<Long> left = place.points();
        left.removeAll(kept);
        // Two members of one name have the same points: a client that came back before it was missed.
        members.forEach((other, its) -> {
            if (its.name().equals(place.name())) {
                its.points().stream().filter(left::contains).forEach(point -> points.replace(point, member, other));
            }
        });
        left.forEach(point -> points.remove(point, member));
    }

    /** The member that owns the key, null if there are none. */
    M memberFor(String key) {
        Map.Entry<Long, M> entry = points.ceilingEntry(hash(key));
        if (entry == null) {
            entry = points.firstEntry();
        }
        return entry == null ? null : entry.getValue();
    }

    /** FNV-1a with a final mix, so that similar keys land far apart. */
    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (octet & 0xff)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }
}
