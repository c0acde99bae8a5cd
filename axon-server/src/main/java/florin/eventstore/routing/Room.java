package florin.eventstore.routing;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much room there is for what waits in one line: bounded in number and in bytes, and, together with all other lines of the process,
 * by the heap. Once all hold half of what they may, a line that has more than its share gets no more, so that one whose messages are
 * taken goes on while others are left to wait. Used by one thread at a time, under the lock of whoever has the line.
 */
final class Room {
    private static final int MAX_MESSAGES = 10_000;
    private static final long MAX_BYTES = 32L << 20;
    /** So much in a line is not counted among what all hold: what is small and goes on at once costs nothing then. */
    private static final int UNCOUNTED_BYTES = 4 << 10;
    /** Why there is none although nothing waits in the line. */
    static final String TAKEN_BY_OTHERS = "too many requests: what waits for others takes too much memory";

    /** Of all lines: an eighth of the heap. */
    static final long MAX_BYTES_OF_ALL = Runtime.getRuntime().maxMemory() / 8;

    private static final AtomicLong BYTES_OF_ALL = new AtomicLong();
    /** How many lines have a part in them. */
    private static final AtomicInteger HOLDERS = new AtomicInteger();

    private int messages;
    private long bytes;
    /** As many of them as are counted among those of all. */
    private long countedBytes;

    /** Whether one more may wait: one alone may, however large it is, unless all hold too much. */
    boolean isFor(int more) {
        long then = bytes + more;
        return messages < MAX_MESSAGES
                && (bytes == 0 || then <= MAX_BYTES)
                && (then < UNCOUNTED_BYTES || isAmongAllFor(then, more));
    }

    private static boolean isAmongAllFor(long then, int more) {
        long all = BYTES_OF_ALL.get() + more;
        return all <= MAX_BYTES_OF_ALL / 2
                || (all <= MAX_BYTES_OF_ALL && then <= MAX_BYTES_OF_ALL / 2 / (HOLDERS.get() + 1));
    }

    void add(int more) {
        messages++;
        bytes += more;
        count();
    }

    void remove(int less) {
        messages--;
        bytes -= less;
        count();
    }

    private void count() {
        long uncounted = bytes - countedBytes;
        if (Math.abs(uncounted) < UNCOUNTED_BYTES && (bytes > 0 || countedBytes == 0)) {
            return;
        }
        if (countedBytes == 0) {
            HOLDERS.incrementAndGet();
        } else if (bytes == 0) {
            HOLDERS.decrementAndGet();
        }
        BYTES_OF_ALL.addAndGet(uncounted);
        countedBytes = bytes;
    }
}
