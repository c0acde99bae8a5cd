package florin.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The simulation finds bugs: each of those that are put in, within a bounded number of seeds. */
class BugsTest {

    private static final long MOST_SEEDS = 400;

    static List<DeliberateBug> bugs() {
        return Bugs.ALL;
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void aBugIsFound(DeliberateBug bug) {
        Optional<Outcome> found = find(bug);

        assertThat(found).as("found within %d seeds", MOST_SEEDS).isPresent();
        assertThat(bug.breaks()).contains(found.get().violation().orElseThrow().invariant());
    }

    @Test
    void everyInvariantIsBrokenByOneOfThem() {
        assertThat(Bugs.ALL.stream().flatMap(bug -> bug.breaks().stream())).contains(Invariant.values());
    }

    @ParameterizedTest
    @ValueSource(strings = {"retry-with-new-id", "unknown-means-no", "two-events-at-one-position"})
    void whatIsFoundIsPrintedSmall(String label) {
        DeliberateBug bug = Bugs.ALL.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow();
        Outcome found = find(bug).orElseThrow();
        Outcome small = Shrinking.shrink(found, bug.bug());

        assertThat(small.violation().orElseThrow().invariant())
                .isEqualTo(found.violation().orElseThrow().invariant());
        assertThat(small.faults())
                .hasSizeLessThanOrEqualTo(Math.min(found.faults().size(), 12));
        assertThat(small.requests()).isLessThanOrEqualTo(3);
        assertThat(Report.of(found, bug.bug()).lines().count()).isLessThan(120);
    }

    private static Optional<Outcome> find(DeliberateBug bug) {
        return LongStream.rangeClosed(1, MOST_SEEDS)
                .mapToObj(seed -> new Simulation(seed, bug.bug()).run())
                .filter(outcome -> outcome.violation().isPresent())
                .findFirst();
    }
}
