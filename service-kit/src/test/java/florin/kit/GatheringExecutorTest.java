package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.axonframework.config.Configuration;
import org.axonframework.config.DefaultConfigurer;
import org.junit.jupiter.api.Test;

class GatheringExecutorTest {

    private static final long PATIENCE_SECONDS = 60;

    private final Configuration axon =
            DefaultConfigurer.defaultConfiguration(false).buildConfiguration();

    @Test
    void work_starts_at_once_after_a_pause_and_the_next_waits_for_the_rest_of_the_period() throws Exception {
        GatheringExecutor executor = GatheringExecutor.of(axon, "gathering", 2, Duration.ofHours(1));
        Future<?> first = executor.submit(() -> {});
        first.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        Future<?> second = executor.submit(() -> {});
        Future<?> third = executor.submit(() -> {});

        assertThat(executor.getQueue()).hasSize(2);
        assertThat(second).isNotDone();
        assertThat(third).isNotDone();
        executor.shutdownNow();
    }

    @Test
    void the_period_is_three_times_the_work_and_has_a_bound() {
        GatheringExecutor.Pace pace = new GatheringExecutor.Pace(99_000, 1_000_000);
        assertThat(pace.nanosToStart(1_000_000, null)).isZero();
        assertThat(pace.nanosToStart(1_010_000, 1_000_000L))
                .as("the bound, at first")
                .isEqualTo(89_000);

        work(pace, 10_000);
        assertThat(pace.nanosToStart(2_010_000, 2_000_000L)).isBetween(19_900L, 20_100L);
        work(pace, 50_000);
        assertThat(pace.nanosToStart(3_050_000, 3_000_000L)).isEqualTo(49_000);
        work(pace, 200_000);
        assertThat(pace.nanosToStart(4_200_000, 4_000_000L)).as("a replay").isZero();
    }

    @Test
    void what_comes_while_others_wait_starts_with_them() {
        GatheringExecutor.Pace pace = new GatheringExecutor.Pace(90, 1_000);
        assertThat(pace.nanosToStart(1_000, null)).isZero();
        assertThat(pace.nanosToStart(1_010, null)).isEqualTo(80);
        assertThat(pace.nanosToStart(1_030, null)).isEqualTo(60);
    }

    private static void work(GatheringExecutor.Pace pace, long nanos) {
        for (int time = 0; time < 100; time++) {
            pace.worked(nanos);
        }
    }

    @Test
    void it_ends_with_axon() {
        axon.start();
        GatheringExecutor executor = GatheringExecutor.of(axon, "gathering", 1, Duration.ofMillis(1));
        axon.shutdown();
        assertThat(executor.isShutdown()).isTrue();
    }
}
