package florin.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Makes a failing run small: leaves out requests and faults, in halves, then quarters and so on, as long as the same
 * invariant is broken.
 */
final class Shrinking {

    private static final int MOST_RUNS = 400;

    private final Outcome failed;
    private final Supplier<Bug> bug;
    private List<Integer> requests;
    private List<String> faults;
    private int runs;

    private Shrinking(Outcome failed, Supplier<Bug> bug) {
        this.failed = failed;
        this.bug = bug;
        this.requests = IntStream.range(0, failed.requests()).boxed().toList();
        this.faults = List.copyOf(failed.faults());
    }

    /** The smallest run found that breaks the same invariant, with its history. */
    static Outcome shrink(Outcome failed, Supplier<Bug> bug) {
        Shrinking shrinking = new Shrinking(failed, bug);
        if (!shrinking.fails(shrinking.requests, shrinking.faults)) {
            return new Simulation(failed.seed(), bug).keepingHistory().run();
        }
        int before;
        do {
            before = shrinking.requests.size() + shrinking.faults.size();
            shrinking.requests = smallest(shrinking.requests, kept -> shrinking.fails(kept, shrinking.faults));
            shrinking.faults = smallest(shrinking.faults, kept -> shrinking.fails(shrinking.requests, kept));
        } while (shrinking.requests.size() + shrinking.faults.size() < before);
        return shrinking
                .simulation(shrinking.requests, shrinking.faults)
                .keepingHistory()
                .run();
    }

    private static <T> List<T> smallest(List<T> all, Predicate<List<T>> fails) {
        List<T> kept = all;
        for (int size = Math.max(1, all.size() / 2); ; size /= 2) {
            for (int from = 0; from < kept.size(); ) {
                List<T> without = new ArrayList<>(kept);
                without.subList(from, Math.min(from + size, kept.size())).clear();
                if (fails.test(without)) {
                    kept = without;
                } else {
                    from += size;
                }
            }
            if (size == 1) {
                return kept;
            }
        }
    }

    private boolean fails(List<Integer> someRequests, List<String> someFaults) {
        if (runs++ >= MOST_RUNS) {
            return false;
        }
        Outcome outcome = simulation(someRequests, someFaults).run();
        return outcome.violation()
                .map(violation -> violation.invariant()
                        == failed.violation().orElseThrow().invariant())
                .orElse(false);
    }

    private Simulation simulation(List<Integer> someRequests, List<String> someFaults) {
        Set<Integer> omitted =
                new HashSet<>(IntStream.range(0, failed.requests()).boxed().toList());
        someRequests.forEach(omitted::remove);
        return new Simulation(failed.seed(), bug).onlyFaults(someFaults).omitting(omitted);
    }
}
