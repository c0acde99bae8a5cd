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
 * takes the time in which many would have come together. The period is some times as long as the work takes, so that it is
 * short while there is little to do and the machine is quick, and has a bound. The longer it is the fewer transactions there
 * are, and the later comes what they commit. Work that lasts longer than the bound, as that of a replay does, is followed by
 * the next without a pause.
 */
public final class GatheringExecutor extends ScheduledThreadPoolExecutor {

    private final Pace pace;
    /** When the work of this thread began, null on threads of others. */
    private final ThreadLocal<Long> began = new ThreadLocal<>();

    private GatheringExecutor(String name, int threads, int timesTheWork, Duration longestPeriod) {
        super(threads, new DaemonThreads(name));
        pace = new Pace(timesTheWork, longestPeriod.toNanos(), System.nanoTime());
        setRemoveOnCancelPolicy(true);
    }

    /**
     * For a processor of this name, until Axon shuts down.
     *
     * @param timesTheWork how many times as long as the work a period is, 2 or more
     */
    public static GatheringExecutor of(
            Configuration axon, String name, int threads, int timesTheWork, Duration longestPeriod) {
        GatheringExecutor executor = new GatheringExecutor(name, threads, timesTheWork, longestPeriod);
        axon.onShutdown(executor::shutdownNow);
        return executor;
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        super.beforeExecute(thread, task);
        began.set(System.nanoTime());
    }

    @Override
    protected void afterExecute(Runnable task, Throwable fault) {
        super.afterExecute(task, fault);
        pace.worked(System.nanoTime() - began.get());
    }

    @Override
    public Future<?> submit(Runnable task) {
        return schedule(task, pace.nanosToStart(System.nanoTime(), began.get()), TimeUnit.NANOSECONDS);
    }

    /** When to work next, by a clock that its callers read. */
    static final class Pace {

        private static final int REMEMBERED = 4;
        /** Nothing that commits is done sooner: it found no events of its own. */
        private static final long SHORTEST_WORK = 200_000;
        /** Segments that are told of one event are told one after the other. */
        private static final long TOGETHER = 1_000_000;

        private final int timesTheWork;
        private final long longest;
        /** About how long the last few took. */
        private long work;

        private long start;

        Pace(int timesTheWork, long longest, long now) {
            this.timesTheWork = timesTheWork;
            this.longest = longest;
            this.work = longest / timesTheWork;
            this.start = now - longest;
        }

        synchronized void worked(long nanos) {
            if (nanos >= SHORTEST_WORK) {
                work += (nanos - work) / REMEMBERED;
            }
        }

        /**
         * Work that goes on keeps its own period; a segment that had nothing to do starts with the next that does.
         *
         * @param own when the work began that is followed, null for other work
         */
        synchronized long nanosToStart(long now, Long own) {
            long period = Math.min(longest, timesTheWork * work);
            if (own != null) {
                long next = Math.max(now, own + period);
                start = Math.max(start, next);
                return next - now;
            }
            long late = now - start;
            if (late > TOGETHER) {
                start = Math.max(now, start + period);
            }
            return Math.max(0, start - now);
        }
    }
}
