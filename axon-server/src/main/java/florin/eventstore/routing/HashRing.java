package florin.eventstore.routing;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Consistent hashing: each member owns as many points on a ring as its weight says, a key belongs to the next point.
 * When a member leaves, only its keys move. Immutable.
 */
final class HashRing<M> {
    private static final int MAX_POINTS = 1000;

    private final NavigableMap<Long, M> points = new TreeMap<>();

    /** Weights by member, and the name that decides where a member's points are. */
    HashRing(Map<M, Integer> weights, Function<M, String> name) {
        weights.forEach((member, weight) -> {
            String prefix = name.apply(member) + '#';
            for (int i = 0; i < Math.min(weight, MAX_POINTS); i++) {
                points.put(hash(prefix + i), member);
            }
        });
    }

    /** The member that owns the key, null if there are none. */
    M memberFor(String key) {
        if (points.isEmpty()) {
            return null;
        }
        Map.Entry<Long, M> entry = points.ceilingEntry(hash(key));
        return entry == null ? points.firstEntry().getValue() : entry.getValue();
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
