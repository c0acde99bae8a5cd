package florin.bench.server;

import florin.bench.Measured;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Keeps a fixed number of calls in flight for a bounded time: each answer starts the next call. */
final class ClosedLoop {
    /** Of more calls than these, chance says which latencies are kept, each call's alike. */
    private static final int MAX_SAMPLES = 1 << 20;

    private static final long LAST_ANSWERS_SECONDS = 30;

    /** Starts one call; the callback is run once, with true if it was answered as it should be. */
    interface Call {
        void start(int slot, Consumer<Boolean> answered);
    }

    private final Call call;
    private final long endNs;
    private final long[] latenciesNs = new long[MAX_SAMPLES];
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final CountDownLatch running;

    private ClosedLoop(Call call, int inFlight, long durationNs) {
        this.call = call;
        running = new CountDownLatch(inFlight);
        endNs = System.nanoTime() + durationNs;
    }

    /** Runs the load; {@code seconds} and {@code inFlight} bound it. */
    static Measured run(Call call, int inFlight, double seconds) throws InterruptedException {
        long startNs = System.nanoTime();
        ClosedLoop loop = new ClosedLoop(call, inFlight, (long) (seconds * 1e9));
        for (int slot = 0; slot < inFlight; slot++) {
            loop.next(slot);
        }
        if (!loop.running.await((long) seconds + LAST_ANSWERS_SECONDS, TimeUnit.SECONDS)) {
            loop.errors.addAndGet(loop.running.getCount());
        }
        long elapsedNs = System.nanoTime() - startNs;
        long[] sorted = Arrays.copyOf(loop.latenciesNs, (int) Math.min(loop.done.get(), MAX_SAMPLES));
        Arrays.sort(sorted);
        return Measured.of(loop.done.get(), elapsedNs, sorted, loop.errors.get());
    }

    private void next(int slot) {
        long startNs = System.nanoTime();
        if (startNs >= endNs) {
            running.countDown();
            return;
        }
        call.start(slot, isRight -> {
            if (isRight) {
                long number = done.getAndIncrement();
                long place = number < MAX_SAMPLES
                        ? number
                        : ThreadLocalRandom.current().nextLong(number + 1);
                if (place < MAX_SAMPLES) {
                    latenciesNs[(int) place] = System.nanoTime() - startNs;
                }
            } else {
                errors.incrementAndGet();
            }
            next(slot);
        });
    }
}
