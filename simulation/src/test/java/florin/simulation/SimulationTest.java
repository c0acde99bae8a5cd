package florin.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Two thousand seeds break nothing, and between them every fault meets every step that it can meet. */
class SimulationTest {

    private static final long SEEDS = 2_000;
    private static final int THREADS = 2;
    /** The rarest comes to several times as many, so that a change which draws everything anew does not meet this by chance. */
    private static final long LEAST = 5;

    /** What one thread has run: each seed in one thread, disjoint seeds in each. */
    private record Share(Coverage coverage, List<Outcome> failed) {}

    @Test
    void whateverGoesWrongTheBooksAreRight() throws Exception {
        Coverage coverage = new Coverage();
        List<Outcome> failed = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Share>> shares = new ArrayList<>();
            for (long first = 1; first <= THREADS; first++) {
                long from = first;
                shares.add(() -> run(from));
            }
            for (Future<Share> share : threads.invokeAll(shares)) {
                coverage.add(share.get().coverage());
                failed.addAll(share.get().failed());
            }
        } finally {
            threads.shutdownNow();
        }
        publish(coverage);
        assertThat(failed.stream().limit(3).map(outcome -> Report.of(outcome, Bug::none)))
                .as("%d of %d seeds", failed.size(), SEEDS)
                .isEmpty();
        assertThat(coverage.below(LEAST)).as("what can happen and hardly did").isEmpty();
    }

    private static Share run(long from) {
        Share share = new Share(new Coverage(), new ArrayList<>());
        for (long seed = from; seed <= SEEDS; seed += THREADS) {
            Outcome outcome =
                    new Simulation(seed, Bug::none).counting(share.coverage()).run();
            if (outcome.violation().isPresent()) {
                share.failed().add(outcome);
            }
        }
        return share;
    }

    private static void publish(Coverage coverage) throws IOException {
        System.out.println(coverage.table());
        Path unused = Files.writeString(Path.of("target", "simulation-coverage.txt"), coverage.table());
    }
}
