package florin.kit;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.axonframework.config.Configuration;

/**
 * Works off the events of a processor at most once in a period: at once after a pause, else with what came meanwhile.
 *
 * <p>A processor starts as soon as there is an event. Under load it then commits a transaction for each few events, and that
 * takes the time in which many would have come together. Work that lasts longer than the period, as that of a replay does, is
 * followed by the next without a pause.
 */
public final class GatheringExecutor extends ScheduledThreadPoolExecutor {

    private final long periodNanos;
    /** When the work of this thread began, null on threads of others. */
    private final ThreadLocal<Long> began = new ThreadLocal<>();

    private long start;

    private GatheringExecutor(String name, int threads, Duration period) {
        super(threads, new DaemonThreads(name));
        this.periodNanos = period.toNanos();
        this.start = System.nanoTime() - periodNanos;
        setRemoveOnCancelPolicy(true);
    }

    /** For a processor of this name, until Axon shuts down. */
    public static GatheringExecutor of(Configuration axon, String name, int threads, Duration period) {
        GatheringExecutor executor = new GatheringExecutor(name, threads, period);
        axon.onShutdown(executor::shutdownNow);
        return executor;
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        super.beforeExecute(thread, task);
        began.set(System.nanoTime());
    }

    @Override
    public Future<?> submit(Runnable task) {
        return schedule(task, nanosToStart(System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Work that goes on keeps its own period; a segment that had nothing to do starts with the next that does. */
    private synchronized long nanosToStart(long now) {
        Long own = began.get();
        if (own != null) {
            long next = Math.max(now, own + periodNanos);
            start = Math.max(start, next);
            return next - now;
        }
        if (now - start > 0) {
            start = Math.max(now, start + periodNanos);
        }
        return start - now;
    }
}
