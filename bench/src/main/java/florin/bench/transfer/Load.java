package florin.bench.transfer;

import florin.bench.Measured;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Makes calls for a bounded time and notes how long each took. The clients are connected before the time begins. */
final class Load {

    private static final long LAST_ANSWERS_SECONDS = 60;
    /** Fewer than the connections that the platform's PostgreSQL takes: each call of the reference has one. */
    private static final int OPEN_THREADS = 128;

    private final Supplier<Client> clients;
    /** The one that was used last comes first, so that no more are used than it takes. */
    private final Deque<Client> idle = new ConcurrentLinkedDeque<>();

    private final ConcurrentLinkedQueue<Long> latenciesNs = new ConcurrentLinkedQueue<>();
    private final AtomicLong errors = new AtomicLong();

    private Load(Supplier<Client> clients) {
        this.clients = clients;
    }

    /** One client with a connection of its own, for one call at a time. */
    interface Client {
        /** Opens the connection; a call does so too where there is none. */
        void connect() throws Exception;

        /** Makes one call and waits for its end; true if it did what it should. */
        boolean call() throws Exception;

        void close();
    }

    /** So many clients, each of which makes its next call when the last has ended. */
    static Measured closed(Supplier<Client> clients, int number, double seconds) throws Exception {
        Load load = new Load(clients);
        load.connect(number);
        ExecutorService threads = Executors.newFixedThreadPool(number);
        CountDownLatch ended = new CountDownLatch(number);
        long startNs = System.nanoTime();
        long endNs = startNs + (long) (seconds * 1e9);
        for (int client = 0; client < number; client++) {
            threads.execute(() -> {
                for (long now = System.nanoTime(); now < endNs; now = System.nanoTime()) {
                    load.call(now);
                }
                ended.countDown();
            });
        }
        return load.measured(threads, ended, startNs, seconds);
    }

    /** So many calls a second, whether or not those before have ended; a latency counts from when the call was due. */
    static Measured open(Supplier<Client> clients, int perSecond, double seconds) throws Exception {
        Load load = new Load(clients);
        load.connect(Math.min(perSecond, OPEN_THREADS));
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
                load.call(dueNs);
                ended.countDown();
            });
        }
        return load.measured(threads, ended, startNs, seconds);
    }

    private void connect(int number) throws Exception {
        for (int i = 0; i < number; i++) {
            Client client = clients.get();
            client.connect();
            idle.add(client);
        }
    }

    private void call(long sinceNs) {
        Client client = Optional.ofNullable(idle.pollFirst()).orElseGet(clients);
        try {
            if (client.call()) {
                latenciesNs.add(System.nanoTime() - sinceNs);
            } else {
                errors.incrementAndGet();
            }
        } catch (Exception fault) {
            if (errors.getAndIncrement() == 0) {
                System.err.println("The first error of this load: " + fault);
            }
        } finally {
            idle.addFirst(client);
        }
    }

    private Measured measured(ExecutorService threads, CountDownLatch ended, long startNs, double seconds)
            throws InterruptedException {
        if (!ended.await((long) seconds + LAST_ANSWERS_SECONDS, TimeUnit.SECONDS)) {
            errors.addAndGet(ended.getCount());
        }
        long elapsedNs = System.nanoTime() - startNs;
        threads.shutdownNow();
        idle.forEach(Client::close);
        long[] sortedNs =
                latenciesNs.stream().mapToLong(Long::longValue).sorted().toArray();
        return Measured.of(sortedNs.length, elapsedNs, sortedNs, errors.get());
    }
}
