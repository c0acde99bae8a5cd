package florin.chaos;

import florin.launcher.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Which faults come in which order, told by a seed: each pair of kind and target once, shuffled, again and again. */
record FaultPlan(List<Fault> faults) {
    static final List<String> PROCESSES = List.of(
            Platform.AXON_SERVER,
            Platform.ACCOUNT_COMMAND_FLNO,
            Platform.ACCOUNT_COMMAND_FLSO,
            Platform.TRANSFER_SAGA,
            Platform.ACCOUNT_QUERY,
            Platform.POSTGRESQL);

    private static final Duration LONGEST_SLOT = Duration.ofSeconds(5);
    private static final int LONG_ONE_IN = 6;
    private static final int LONG_EXTRA_MILLIS = 11_000;
    /** A process takes longer to start than a connection. */
    private static final int START_TIMES = 2;

    /**
     * The plan of a seed.
     *
     * @param total about how long it takes; it is never shorter than one round of all pairs
     */
    static FaultPlan of(long seed, Duration total) {
        Random random = new Random(seed);
        List<Fault> round = pairs();
        Duration share = total.dividedBy(round.size());
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
            planned = planned.plus(fault.lasts()).plus(fault.then());
        }
        return new FaultPlan(List.copyOf(faults));
    }

    private static List<Fault> pairs() {
        List<Fault> pairs = new ArrayList<>();
        for (FaultKind kind : FaultKind.values()) {
            List<String> targets = kind.isOfConnections() ? Links.NAMES : PROCESSES;
            targets.forEach(target -> pairs.add(new Fault(kind, target, Duration.ZERO, Duration.ZERO)));
        }
        return pairs;
    }

    /** Some are longer than the timeouts of heartbeats and claims, if there is time for that. */
    private static Fault timed(Fault pair, Duration slot, boolean hurried, Random random) {
        long share = slot.toMillis() * (20 + random.nextInt(60)) / 100;
        boolean longer = random.nextInt(LONG_ONE_IN) == 0 && !hurried;
        if (!pair.kind().lasts()) {
            Duration then = pair.kind() == FaultKind.KILL && !hurried ? slot.multipliedBy(START_TIMES) : slot;
            return new Fault(pair.kind(), pair.target(), Duration.ZERO, then);
        }
        Duration lasts = Duration.ofMillis(longer ? share + LONG_EXTRA_MILLIS : share);
        return new Fault(pair.kind(), pair.target(), lasts, slot.minusMillis(share));
    }
}
