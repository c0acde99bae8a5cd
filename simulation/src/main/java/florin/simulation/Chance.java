package florin.simulation;

import java.util.List;
import java.util.SplittableRandom;

/**
 * All randomness of a simulation: one seed, split by the name of what is decided.
 *
 * <p>A decision depends on its own name only, not on how many were made before: a history from which a fault is taken away
 * stays the same in everything else, which is what lets a failing history be made small.
 */
final class Chance {

    private final long seed;

    Chance(long seed) {
        this.seed = seed;
    }

    /** From {@code least} to {@code most}, both included. */
    long between(String name, long least, long most) {
        return random(name).nextLong(least, most + 1);
    }

    boolean percent(String name, int percent) {
        return random(name).nextInt(100) < percent;
    }

    /** Whether something happens that happens so many times in ten thousand. */
    boolean perTenThousand(String name, int times) {
        return random(name).nextInt(10_000) < times;
    }

    <T> T pick(String name, List<T> from) {
        return from.get(random(name).nextInt(from.size()));
    }

    /** Mostly short, now and then long: each of the powers of two up to {@code most} is as likely as the others. */
    long spread(String name, long most) {
        SplittableRandom random = random(name);
        int bits = 64 - Long.numberOfLeadingZeros(most);
        long low = 1L << random.nextInt(bits);
        return Math.min(most, random.nextLong(low, 2 * low));
    }

    private SplittableRandom random(String name) {
        long hash = 0xcbf29ce484222325L; // FNV-1a
        for (int index = 0; index < name.length(); index++) {
            hash = (hash ^ name.charAt(index)) * 0x100000001b3L;
        }
        return new SplittableRandom(seed * 0x9e3779b97f4a7c15L ^ hash);
    }
}
