package florin.chaos;

import florin.launcher.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Counts the faults, and measures how long after each one the process that it struck says again that it is ready. */
final class Recoveries implements Runnable {
    private static final long POLL_MILLIS = 200;

    private record Pending(Fault fault, String process, long sinceNanos) {}

    private final Platform platform;
    private final List<Pending> pending = new ArrayList<>();
    private final Map<FaultKind, Map<String, Integer>> counts = new EnumMap<>(FaultKind.class);
    private final Map<FaultKind, Duration> longest = new EnumMap<>(FaultKind.class);

    Recoveries(Platform platform) {
        this.platform = platform;
    }

    /** From now on, {@code process} is expected to come back. */
    synchronized void begin(Fault fault, String process) {
        counts.computeIfAbsent(fault.kind(), kind -> new TreeMap<>()).merge(fault.target(), 1, Integer::sum);
        pending.add(new Pending(fault, process, System.nanoTime()));
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
        }
    }

    private void look() {
        List<Pending> looked;
        synchronized (this) {
            looked = List.copyOf(pending);
        }
        Map<String, Boolean> ready = new HashMap<>();
        looked.forEach(one -> ready.computeIfAbsent(one.process(), platform::isReady));
        for (Pending one : looked) {
            if (ready.get(one.process())) {
                recovered(one);
            }
        }
    }

    private synchronized void recovered(Pending one) {
        pending.remove(one);
        Duration took = Duration.ofNanos(System.nanoTime() - one.sinceNanos());
        longest.merge(one.fault().kind(), took, (left, right) -> left.compareTo(right) > 0 ? left : right);
    }

    /** How often each target was struck, by kind. */
    synchronized Map<FaultKind, Map<String, Integer>> counts() {
        Map<FaultKind, Map<String, Integer>> copy = new EnumMap<>(FaultKind.class);
        counts.forEach((kind, targets) -> copy.put(kind, new TreeMap<>(targets)));
        return copy;
    }

    /** The longest time to recover from each kind. */
    synchronized Map<FaultKind, Duration> longest() {
        return new EnumMap<>(longest);
    }
}
