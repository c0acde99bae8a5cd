package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Delayed;
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
    void the_first_work_is_done_at_once_and_the_next_waits_for_the_rest_of_the_period() throws Exception {
        GatheringExecutor executor = GatheringExecutor.of(axon, "gathering", 2, 3, Duration.ofHours(1));
        executor.submit(() -> {}).get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        await().until(() -> minutesToStart(executor.submit(() -> {})) > 30);
        assertThat(minutesToStart(executor.submit(() -> {}))).isGreaterThan(30);
        executor.shutdownNow();
    }

    private static long minutesToStart(Future<?> work) {
        return ((Delayed) work).getDelay(TimeUnit.MINUTES);
    }

    @Test
    void work_starts_at_once_after_a_pause_also_that_of_other_segments_and_the_next_waits_for_the_rest_of_the_period() {
        GatheringExecutor.Pace pace = pace();
        assertThat(pace.nanosToStart(ms(1_000), null)).isZero();
        assertThat(pace.nanosToStart(ms(1_000) + 50_000, null)).isZero();
        assertThat(pace.nanosToStart(ms(1_010), null)).isEqualTo(ms(89));
        assertThat(pace.nanosToStart(ms(1_030), null)).isEqualTo(ms(69));
        assertThat(pace.nanosToStart(ms(9_000), null)).isZero();
    }

    @Test
    void the_period_is_three_times_the_work_and_has_a_bound() {
        GatheringExecutor.Pace pace = pace();
        assertThat(pace.nanosToStart(ms(1_010), ms(1_000)))
                .as("the bound, at first")
                .isEqualTo(ms(89));

        work(pace, ms(10));
        assertThat(pace.nanosToStart(ms(2_010), ms(2_000))).isBetween(ms(20) - 100, ms(20) + 100);
        work(pace, 1_000);
        assertThat(pace.nanosToStart(ms(2_110), ms(2_100)))
                .as("nothing was done")
                .isBetween(ms(20) - 100, ms(20) + 100);
        work(pace, ms(50));
        assertThat(pace.nanosToStart(ms(3_050), ms(3_000))).isEqualTo(ms(49));
        work(pace, ms(200));
        assertThat(pace.nanosToStart(ms(4_200), ms(4_000))).as("a replay").isZero();
    }

    private static GatheringExecutor.Pace pace() {
        return new GatheringExecutor.Pace(3, ms(99), ms(1_000));
    }

    private static long ms(long milliseconds) {
        return TimeUnit.MILLISECONDS.toNanos(milliseconds);
    }

    private static void work(GatheringExecutor.Pace pace, long nanos) {
        for (int time = 0; time < 100; time++) {
            pace.worked(nanos);
        }
    }

    @Test
    void it_ends_with_axon() {
        axon.start();
        GatheringExecutor executor = GatheringExecutor.of(axon, "gathering", 1, 3, Duration.ofMillis(1));
        axon.shutdown();
        assertThat(executor.isShutdown()).isTrue();
    }
}
