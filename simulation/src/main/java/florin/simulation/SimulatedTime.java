package florin.simulation;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.axonframework.eventhandling.GenericEventMessage;

/** The time of a simulation, which jumps from what is to happen next to what is to happen after that. */
final class SimulatedTime {

    static final Instant START = Instant.parse("2026-05-01T12:00:00Z");

    private static final ThreadLocal<SimulatedTime> CURRENT = new ThreadLocal<>();

    private record Task(long atMs, long order, Runnable action) {}

    private final PriorityQueue<Task> agenda =
            new PriorityQueue<>(Comparator.comparingLong(Task::atMs).thenComparingLong(Task::order));
    private long nowMs;
    private long order;
    private long skewMs;

    /** Makes this the time of every message that this thread makes. */
    void rule() {
        CURRENT.set(this);
        GenericEventMessage.clock = new ThreadClock();
    }

    long nowMs() {
        return nowMs;
    }

    /** What a clock shows that is off by the skew of whoever is at work. */
    Instant instant() {
        return START.plusMillis(nowMs + skewMs);
    }

    void after(long delayMs, Runnable action) {
        agenda.add(new Task(nowMs + Math.max(delayMs, 0), order++, action));
    }

    /** Does work as somebody whose clock is off by so much. */
    void as(long newSkewMs, Runnable action) {
        long before = skewMs;
        skewMs = newSkewMs;
        try {
            action.run();
        } finally {
            skewMs = before;
        }
    }

    /** Does what is due next, unless that is later than the time given; then it becomes that time. */
    boolean step(long untilMs) {
        Task next = agenda.peek();
        if (next == null || next.atMs() > untilMs) {
            nowMs = Math.max(nowMs, untilMs);
            return false;
        }
        agenda.remove();
        nowMs = next.atMs();
        next.action().run();
        return true;
    }

    /** A clock that shows each thread the time of its own simulation. */
    private static final class ThreadClock extends Clock {

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            SimulatedTime time = CURRENT.get();
            return time == null ? Instant.now() : time.instant();
        }
    }
}
