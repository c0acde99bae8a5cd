package florin.kit;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.axonframework.config.Configuration;

/**
 * Works off the events of a processor some milliseconds after the first of them came, with those that came meanwhile.
 *
 * <p>A processor starts as soon as there is an event. Under load it then commits a transaction for each few events, and that
 * takes the time in which many would have come together.
 */
public final class GatheringExecutor extends ScheduledThreadPoolExecutor {

    private final Duration gathering;

    private GatheringExecutor(String name, int threads, Duration gathering) {
        super(threads, new DaemonThreads(name));
        this.gathering = gathering;
        setRemoveOnCancelPolicy(true);
    }

    /** For a processor of this name, until Axon shuts down. */
    public static GatheringExecutor of(Configuration axon, String name, int threads, Duration gathering) {
        GatheringExecutor executor = new GatheringExecutor(name, threads, gathering);
        axon.onShutdown(executor::shutdownNow);
        return executor;
    }

    @Override
    public Future<?> submit(Runnable task) {
        return schedule(task, gathering.toMillis(), TimeUnit.MILLISECONDS);
    }
}
