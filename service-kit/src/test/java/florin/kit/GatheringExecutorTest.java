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
    void it_ends_with_axon() {
        axon.start();
        GatheringExecutor executor = GatheringExecutor.of(axon, "gathering", 1, Duration.ofMillis(1));
        axon.shutdown();
        assertThat(executor.isShutdown()).isTrue();
    }
}
