package florin.chaos;

import florin.launcher.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Which faults come in which order, told by a seed: each pair of kind and target once, shuffled, again and again. */
record FaultPlan(List<Fault> faults) {
    private static final Duration LONGEST_SLOT = Duration.ofSeconds(5);
    private static final int LONG_ONE_IN = 6;
    private static final int LONG_EXTRA_MILLIS = 11_000;
    /** An instance takes a segment over whose token was not touched for 10 s; it looks every 5 s. */
    private static final int FREEZE_MILLIS = 15_000;
    /** A request takes a key over that another one has claimed for 30 s. */
    private static final int LONG_FREEZE_MILLIS = 31_000;

    private static final int LONG_FREEZE_ONE_IN = 3;
    private static final int FREEZE_EXTRA_MILLIS = 5_000;
    private static final List<String> PROJECTIONS = List.of("accounts", "entries");
    /** In a shorter run so many starts would leave no time for business. */
    private static final Duration SHORTEST_WITH_STOPS = Duration.ofMinutes(2);

    private static final Duration SHORTEST_WITH_CRASH = Duration.ofMinutes(3);

    /**
     * The plan of a seed.
     *
     * @param total about how long it takes; it is never shorter than one round of all pairs
     * @param instances of each service
     */
    static FaultPlan of(long seed, Duration total, int instances) {
        Random random = new Random(seed);
        List<Fault> round = pairs(instances, total);
        Duration share = total.dividedBy(
                round.stream().mapToInt(pair -> pair.kind().slots()).sum());
        boolean hurried = share.compareTo(LONGEST_SLOT) < 0;
        Duration slot = hurried ? share : LONGEST_SLOT;
        List<Fault> faults = new ArrayList<>();
        Duration planned = Duration.ZERO;
        while (faults.size() < round.size() || planned.compareTo(total) < 0) {
            int next = faults.size() % round.size();
            if (next == 0) {
                Collections.shuffle(round, random);
            }
            Fault fault = timed(round.get(next), slot, hurried, random);
            faults.add(fault);
            planned = planned.plus(fault.takes());
        }
        return new FaultPlan(List.copyOf(faults));
    }

    private static List<Fault> pairs(int instances, Duration total) {
        List<Fault> pairs = new ArrayList<>();
        for (FaultKind kind : FaultKind.values()) {
            targets(kind, instances, total)
                    .forEach(target -> pairs.add(new Fault(kind, target, Duration.ZERO, Duration.ZERO)));
        }
        return pairs;
    }

    private static List<String> targets(FaultKind kind, int instances, Duration total) {
        return switch (kind) {
            case CUT, STALL, LOSE -> Links.names(instances);
            case CRASH -> total.compareTo(SHORTEST_WITH_CRASH) < 0 ? List.of() : List.of(Fault.EVERYTHING);
            case STOP -> total.compareTo(SHORTEST_WITH_STOPS) < 0 ? List.of() : processes(instances);
            case KILL, PAUSE -> processes(instances);
            case REPLAY -> PROJECTIONS;
            // What a single instance has claimed nobody takes over.
            case FREEZE -> instances == 1 ? List.of() : Links.services(instances);
        };
    }

    private static List<String> processes(int instances) {
        return Stream.of(List.of(Platform.AXON_SERVER), Links.services(instances), List.of(Platform.POSTGRESQL))
                .flatMap(List::stream)
                .toList();
    }

    /** Some are longer than the timeouts of heartbeats and claims, if there is time for that. */
    private static Fault timed(Fault pair, Duration slot, boolean hurried, Random random) {
        if (pair.kind() == FaultKind.FREEZE) {
            int least = random.nextInt(LONG_FREEZE_ONE_IN) == 0 ? LONG_FREEZE_MILLIS : FREEZE_MILLIS;
            Duration lasts = Duration.ofMillis(least + random.nextInt(FREEZE_EXTRA_MILLIS));
            return new Fault(pair.kind(), pair.target(), lasts, slot);
        }
        long share = slot.toMillis() * (20 + random.nextInt(60)) / 100;
        boolean longer = random.nextInt(LONG_ONE_IN) == 0 && !hurried;
        if (!pair.kind().lasts()) {
            Duration then = slot.multipliedBy(pair.kind().slots());
            return new Fault(pair.kind(), pair.target(), Duration.ZERO, then);
        }
        return longer
                ? new Fault(pair.kind(), pair.target(), Duration.ofMillis(share + LONG_EXTRA_MILLIS), slot)
                : new Fault(pair.kind(), pair.target(), Duration.ofMillis(share), slot.minusMillis(share));
    }
}
