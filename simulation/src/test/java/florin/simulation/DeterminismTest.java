package florin.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A seed is a history: the same one each time, in whatever thread, whatever ran before. */
class DeterminismTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 17, 210, 398, 4_711, -5})
    void theSameSeedIsTheSameHistory(long seed) {
        List<String> history = history(seed);

        assertThat(history).hasSizeGreaterThan(20);
        assertThat(history(seed)).isEqualTo(history);
        assertThat(history(seed + 1)).isNotEqualTo(history);
        assertThat(CompletableFuture.supplyAsync(() -> history(seed)).join()).isEqualTo(history);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 17, 210})
    void theSameFaultsByNameAreTheSameHistory(long seed) {
        Outcome outcome = simulation(seed).run();

        assertThat(outcome.faults()).isNotEmpty();
        assertThat(simulation(seed).onlyFaults(outcome.faults()).run().history())
                .isEqualTo(outcome.history());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 17, 210})
    void withoutFaultsNothingGoesWrong(long seed) {
        Outcome outcome = simulation(seed).onlyFaults(List.of()).run();

        assertThat(outcome.faults()).isEmpty();
        assertThat(outcome.history())
                .noneMatch(line -> line.contains("crash"))
                .noneMatch(line -> line.contains("FAULT"));
    }

    private static List<String> history(long seed) {
        return simulation(seed).run().history();
    }

    private static Simulation simulation(long seed) {
        return new Simulation(seed, Bug::none).keepingHistory();
    }
}
