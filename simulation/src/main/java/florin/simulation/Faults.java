package florin.simulation;

import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which faults strike.
 *
 * <p>Each seed has its own mixture: about half of the faults never strike, the others rarely or often. What strikes all transfers at
 * once does so less often, but not where few transfers come. A fault has a name made of what it meets, so that a history can
 * be repeated with some of its faults only.
 */
final class Faults {

    private static final List<Integer> RATES_PER_TEN_THOUSAND = List.of(0, 0, 0, 100, 400, 1_000, 2_500);
    private static final int ALL_AT_ONCE_ONE_IN = 5;
    private static final int OUTAGES_ONE_IN = 10;
    private static final int TIMES_AFTER_RETRY = 4;
    /** Those that most transfers do without. */
    private static final Set<Step> SELDOM =
            EnumSet.of(Step.CANCEL, Step.RELEASE, Step.CALL_OFF, Step.EXPIRE, Step.PARK, Step.RESUME);

    private final Chance chance;
    private final Coverage coverage;
    private final History history;
    private final Set<String> allowed;
    private final Map<Fault, Integer> rates = new EnumMap<>(Fault.class);
    private final Map<String, Integer> occasions = new HashMap<>();
    private final Set<String> struck = new LinkedHashSet<>();
    private boolean over = true;

    /** {@code allowed} names the only faults that may strike; null for whatever chance has it. */
    Faults(Chance chance, Coverage coverage, History history, Collection<String> allowed, boolean reconciled, Bug bug) {
        this.chance = chance;
        this.coverage = coverage;
        this.history = history;
        this.allowed = allowed == null ? null : Set.copyOf(allowed);
        for (Fault fault : Fault.values()) {
            int rate = chance.pick("rate of " + fault, RATES_PER_TEN_THOUSAND);
            int drawn = bug.rate(fault, rate(fault, rate));
            rates.put(fault, fault.isLoss() && !reconciled ? 0 : drawn);
        }
    }

    void start() {
        over = false;
    }

    /** From now on nothing goes wrong any more. */
    void stop() {
        over = true;
    }

    boolean over() {
        return over;
    }

    /** The names of those that struck. */
    Set<String> struck() {
        return struck;
    }

    /** Whether a fault strikes now, at a step of a transfer, or of something else if the step is null. */
    boolean strikes(Fault fault, Step step, Object subject) {
        boolean strikes = wants(fault, step, subject);
        if (strikes) {
            met(fault, step);
        }
        return strikes;
    }

    /** As {@link #strikes}, for a fault that has not met its step before something else happens. */
    boolean wants(Fault fault, Step step, Object subject) {
        int rate = rate(fault, step);
        if (over || rate == 0) {
            return false;
        }
        String occasion = fault + " " + step + " " + subject;
        String name = occasion + " " + occasions.merge(occasion, 1, Integer::sum);
        if (allowed == null ? !chance.perTenThousand(name, rate) : !allowed.contains(name)) {
            return false;
        }
        struck.add(name);
        history.fault(fault, step, subject);
        return true;
    }

    /** Most transfers are never parked, and so met by nothing that waits for a retry. */
    private static int rate(Fault fault, int rate) {
        return switch (fault) {
            case COMMAND_UNSERVED -> rate / OUTAGES_ONE_IN;
            case COMMAND_AFTER_RETRY -> rate * TIMES_AFTER_RETRY;
            default -> rate;
        };
    }

    private int rate(Fault fault, Step step) {
        int rate = rates.get(fault);
        return fault.strikesAllAtOnce() && !SELDOM.contains(step) ? rate / ALL_AT_ONCE_ONE_IN : rate;
    }

    /** Counts it, unless the faults are over. */
    void met(Fault fault, Step step) {
        if (step != null && !over) {
            coverage.count(fault, step);
        }
    }
}
