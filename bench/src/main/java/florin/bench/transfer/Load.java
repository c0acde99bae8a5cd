package florin.bench.transfer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Makes calls for a bounded time and notes how long each took. */
final class Load {

    private static final long LAST_ANSWERS_SECONDS = 60;
    private static final int OPEN_THREADS = 256;

    private final ConcurrentLinkedQueue<Long> latenciesNs = new ConcurrentLinkedQueue<>();
    private final AtomicLong errors = new AtomicLong();

    private Load() {}

    /** Makes one call and waits for its end; true if it did what it should. */
    interface Call {
        boolean make() throws Exception;
    }

    /** So many clients, each of which makes its next call when the last has ended. */
    static Outcome closed(Call call, int clients, double seconds) throws InterruptedException {
        Load load = new Load();
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        CountDownLatch ended = new CountDownLatch(clients);
        long startNs = System.nanoTime();
        long endNs = startNs + (long) (seconds * 1e9);
        for (int client = 0; client < clients; client++) {
            threads.execute(() -> {
                for (long now = System.nanoTime(); now < endNs; now = System.nanoTime()) {
                    load.make(call, now);
                }
                ended.countDown();
            });
        }
        return load.outcome(threads, ended, startNs, seconds);
    }

    /** So many calls a second, whether or not those before have ended; a latency counts from when the call was due. */
    static Outcome open(Call call, int perSecond, double seconds) throws InterruptedException {
        Load load = new Load();
        // A thread that is free is taken before a new one: each has a connection of its own.
        ExecutorService threads = new ThreadPoolExecutor(
                0,
                OPEN_THREADS,
                LAST_ANSWERS_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                new ThreadPoolExecutor.CallerRunsPolicy());
        int calls = (int) (perSecond * seconds);
        CountDownLatch ended = new CountDownLatch(calls);
        long startNs = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            long dueNs = startNs + i * 1_000_000_000L / perSecond;
            for (long now = System.nanoTime(); now < dueNs; now = System.nanoTime()) {
                LockSupport.parkNanos(dueNs - now);
            }
            threads.execute(() -> {
                load.make(call, dueNs);
                ended.countDown();
            });
        }
        return load.outcome(threads, ended, startNs, seconds);
    }

    private void make(Call call, long sinceNs) {
        try {
            if (call.make()) {
                latenciesNs.add(System.nanoTime() - sinceNs);
            } else {
                errors.incrementAndGet();
            }
        } catch (Exception fault) {
            if (errors.getAndIncrement() == 0) {
                System.err.println("The first error of this load: " + fault);
            }
        }
    }

    private Outcome outcome(ExecutorService threads, CountDownLatch ended, long startNs, double seconds)
            throws InterruptedException {
        if (!ended.await((long) seconds + LAST_ANSWERS_SECONDS, TimeUnit.SECONDS)) {
            errors.addAndGet(ended.getCount());
        }
        long elapsedNs = System.nanoTime() - startNs;
        threads.shutdownNow();
        List<Long> sorted = new ArrayList<>(latenciesNs);
        sorted.sort(null);
        return new Outcome(sorted, elapsedNs, errors.get());
    }
}
