package florin.simulation;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** How often each fault met each step. */
final class Coverage {

    private final Map<Fault, Map<Step, Long>> met = new EnumMap<>(Fault.class);

    Coverage() {
        for (Fault fault : Fault.values()) {
            met.put(fault, new EnumMap<>(Step.class));
        }
    }

    void count(Fault fault, Step step) {
        met.get(fault).merge(step, 1L, Long::sum);
    }

    void add(Coverage other) {
        other.met.forEach(
                (fault, steps) -> steps.forEach((step, times) -> met.get(fault).merge(step, times, Long::sum)));
    }

    long times(Fault fault, Step step) {
        return met.get(fault).getOrDefault(step, 0L);
    }

    /** What can happen and did so less often. */
    List<String> below(long least) {
        List<String> below = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            for (Step step : Step.values()) {
                long times = times(fault, step);
                if (times < least && fault.impossibleAt(step).isEmpty()) {
                    below.add(fault + " at " + step + ": " + times);
                }
            }
        }
        return below;
    }

    String table() {
        StringBuilder table = new StringBuilder("%-20s".formatted(""));
        for (Step step : Step.values()) {
            table.append(" %8s".formatted(step));
        }
        TreeSet<String> reasons = new TreeSet<>();
        for (Fault fault : Fault.values()) {
            table.append("\n%-20s".formatted(fault));
            for (Step step : Step.values()) {
                String reason = fault.impossibleAt(step).orElse(null);
                table.append(" %8s".formatted(reason == null ? times(fault, step) : "-"));
                if (reason != null) {
                    reasons.add(fault + ": " + reason);
                }
            }
        }
        table.append("\n-: cannot happen\n");
        reasons.forEach(reason -> table.append("  ").append(reason).append('\n'));
        return table.toString();
    }
}
