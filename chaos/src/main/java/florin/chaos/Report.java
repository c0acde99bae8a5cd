package florin.chaos;

import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a run did and found, for a person. */
record Report(
        Settings settings,
        Map<FaultKind, Recoveries.Struck> faults,
        History history,
        Settling.AtRest atRest,
        List<String> failures,
        List<Verdict> verdicts) {

    private static final int MOST_PRINTED = 20;

    /** All invariants hold, each was about something, all came to rest, and chaos itself did all that it should. */
    boolean isGood() {
        return contradictions() == 0
                && verdicts.stream().noneMatch(Verdict::isAboutNothing)
                && atRest.waitingFor().isEmpty()
                && failures.isEmpty();
    }

    private int contradictions() {
        return verdicts.stream()
                .mapToInt(verdict -> verdict.contradictions().size())
                .sum();
    }

    void print(PrintStream out) {
        out.printf(
                "%nSeed %d, faults for %s, instances of each service: %d.%n",
                settings.seed(), seconds(settings.duration()), settings.instances());
        printFaults(out);
        printOperations(out);
        printRest(out);
        printVerdicts(out);
    }

    private void printFaults(PrintStream out) {
        out.printf("%nFaults%n");
        faults.forEach((kind, struck) -> {
            int all = struck.targets().values().stream()
                    .mapToInt(Integer::intValue)
                    .sum();
            String noticed = struck.noticed() == 0
                    ? "not noticed"
                    : "noticed " + struck.noticed() + " times, longest until ready again " + seconds(struck.longest());
            out.printf("  %-10s %4d   %s%n", kind.label(), all, noticed);
            struck.targets().forEach((target, count) -> out.printf("    %-40s %4d%n", target, count));
        });
    }

    private void printOperations(PrintStream out) {
        Map<Kind, Map<Outcome, Integer>> outcomes = new EnumMap<>(Kind.class);
        history.operations().forEach(asked -> outcomes.computeIfAbsent(
                        asked.operation().kind(), kind -> new EnumMap<>(Outcome.class))
                .merge(asked.outcome(), 1, Integer::sum));
        out.printf("%nOperations %28s %8s %8s%n", "acknowledged", "refused", "unknown");
        outcomes.forEach((kind, counts) -> out.printf(
                "  %-24s %12d %8d %8d%n",
                kind.label(),
                counts.getOrDefault(Outcome.ACKNOWLEDGED, 0),
                counts.getOrDefault(Outcome.REFUSED, 0),
                counts.getOrDefault(Outcome.UNKNOWN, 0)));
        Map<String, Integer> others = new TreeMap<>();
        history.all().stream()
                .map(told -> told.answer().label())
                .filter(label -> !label.isEmpty())
                .forEach(label -> others.merge(label, 1, Integer::sum));
        int requests = history.all().size();
        out.printf(
                "  %d requests, %d of them repeated; answers that were not a yes: %s%n",
                requests, requests - history.operations().size(), others);
    }

    private void printRest(PrintStream out) {
        out.printf(
                "%nAt rest %s after the last fault; %d events; parked transfers retried: %d%n",
                seconds(atRest.took()), atRest.log().events().size(), atRest.retried());
        if (!atRest.waitingFor().isEmpty()) {
            out.printf("  NOT AT REST: %s%n", atRest.waitingFor());
        }
        failures.forEach(failure -> out.printf("  FAILED: %s%n", failure));
    }

    private void printVerdicts(PrintStream out) {
        out.printf("%nInvariants %38s %15s%n", "checked", "contradictions");
        verdicts.forEach(verdict -> out.printf(
                "  %-38s %8d %15d%n",
                verdict.invariant(), verdict.checked(), verdict.contradictions().size()));
        verdicts.stream()
                .filter(Verdict::isAboutNothing)
                .forEach(verdict -> out.printf("%nNOTHING WAS CHECKED: %s%n", verdict.invariant()));
        for (Verdict verdict : verdicts) {
            List<Contradiction> found = verdict.contradictions();
            if (!found.isEmpty()) {
                out.printf("%nCONTRADICTIONS: %s%n", verdict.invariant());
                found.stream().limit(MOST_PRINTED).forEach(one -> out.printf("  - %s%n", one));
                if (found.size() > MOST_PRINTED) {
                    out.printf("  and %d more%n", found.size() - MOST_PRINTED);
                }
            }
        }
        out.printf("%n%s%n", isGood() ? "No loss, no contradiction." : "SOMETHING IS WRONG, see above.");
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
}
