package florin.chaos;

import florin.launcher.LauncherException;
import florin.launcher.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * Counts the faults, and measures how long after the beginning of each one the process that it struck says again that it is ready,
 * once it did not. A fault that leaves it ready all the time is not noticed.
 */
final class Recoveries implements Runnable {
    private static final long POLL_MILLIS = 200;
    /** Which is longer than any fault lasts. */
    private static final Duration LONGEST_UNNOTICED = Duration.ofMinutes(1);

    /**
     * What came of the faults of one kind.
     *
     * @param targets how often each was struck
     * @param noticed how often a process that was struck did not say that it was ready
     * @param longest until it did again
     */
    record Struck(Map<String, Integer> targets, int noticed, Duration longest) {
        private static final Struck NONE = new Struck(Map.of(), 0, Duration.ZERO);

        Struck with(String target) {
            Map<String, Integer> more = new TreeMap<>(targets);
            more.merge(target, 1, Integer::sum);
            return new Struck(more, noticed, longest);
        }

        Struck with(Duration took) {
            return new Struck(targets, noticed + 1, took.compareTo(longest) > 0 ? took : longest);
        }
    }

    private record Pending(FaultKind kind, String process, long sinceNanos, AtomicBoolean isNoticed) {}

    private final Platform platform;
    private final Map<FaultKind, Struck> struck = new EnumMap<>(FaultKind.class);
    private final List<Pending> pending = new ArrayList<>();

    Recoveries(Platform platform) {
        this.platform = platform;
    }

    /** From now on, the processes are expected to come back. */
    synchronized void begin(Fault fault, List<String> processes) {
        change(fault.kind(), before -> before.with(fault.target()));
        processes.forEach(
                process -> pending.add(new Pending(fault.kind(), process, System.nanoTime(), new AtomicBoolean())));
    }

    private void change(FaultKind kind, UnaryOperator<Struck> change) {
        struck.put(kind, change.apply(struck.getOrDefault(kind, Struck.NONE)));
    }

    /** Looks until it is interrupted. */
    @Override
    public void run() {
        try {
            while (true) {
                look();
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (LauncherException e) {
            if (!Thread.currentThread().isInterrupted()) {
                throw e;
            }
        }
    }

    private void look() {
        List<Pending> looked;
        synchronized (this) {
            looked = List.copyOf(pending);
        }
        Map<String, Boolean> ready = new HashMap<>();
        looked.forEach(one -> ready.computeIfAbsent(one.process(), platform::isReady));
        looked.forEach(one -> found(one, ready.get(one.process())));
    }

    private synchronized void found(Pending one, boolean isReady) {
        Duration took = Duration.ofNanos(System.nanoTime() - one.sinceNanos());
        if (!isReady) {
            one.isNoticed().set(true);
        } else if (one.isNoticed().get()) {
            pending.remove(one);
            change(one.kind(), before -> before.with(took));
        } else if (took.compareTo(LONGEST_UNNOTICED) > 0) {
            pending.remove(one);
        }
    }

    /** What came of the faults of each kind. */
    synchronized Map<FaultKind, Struck> struck() {
        return new EnumMap<>(struck);
    }
}
