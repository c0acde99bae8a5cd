package florin.chaos;

import florin.launcher.LauncherException;
import florin.launcher.Platform;
import florin.launcher.PlatformConfiguration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One run on a platform of its own. {@link #close()} stops everything that it started, at any time and from any thread. */
final class ChaosRun implements AutoCloseable {
    private static final int CLIENTS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_MILLIS = 100;

    /** So short that transfers are called off, parked and reconciled within a run. */
    private static final Map<String, String> IMPATIENCE = Map.of(
            "FLORIN_TRANSFER_TIME_LIMIT", "20s",
            "FLORIN_TRANSFER_ATTEMPTS", "3",
            "FLORIN_TRANSFER_RECONCILE_EVERY", "2s",
            "FLORIN_TRANSFER_RECONCILE_AFTER", "10s");

    private final Settings settings;
    private final Consumer<String> progress;
    private final Links links;
    private final PlatformConfiguration configuration;
    private final Platform platform;
    private final Recoveries recoveries;
    private final Nemesis nemesis;
    private final History history = new History();
    private final EventLog log = new EventLog();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Pool pool = new Pool();
    private final List<Client> clients = new ArrayList<>();
    private volatile boolean closed;

    /** Takes the folder, and starts nothing yet. */
    ChaosRun(Path root, Path folder, Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
        links = new Links(settings.instances());
        configuration = links.between(PlatformConfiguration.of(root, folder)
                .withInstances(settings.instances())
                .withProgress(progress)
                .withEnvironment(Map.of(Platform.TRANSFER_SAGA, IMPATIENCE)));
        platform = Platform.prepare(configuration);
        recoveries = new Recoveries(platform);
        FaultPlan plan = FaultPlan.of(settings.seed(), settings.duration(), settings.instances());
        nemesis = new Nemesis(platform, links, plan, recoveries, progress);
        SplittableRandom random = new SplittableRandom(settings.seed());
        for (int number = 0; number < CLIENTS; number++) {
            Teller teller = new Teller(new Instances(platform, settings.instances())::next);
            clients.add(new Client(number, random.split(), teller, pool, history));
        }
    }

    Report run() throws InterruptedException {
        platform.startAll();
        Thread recovering = start("recoveries", recoveries);
        List<Thread> working = new ArrayList<>();
        clients.forEach(client -> working.add(start("client", client)));
        awaitBusiness();
        try {
            nemesis.run();
        } catch (ChaosException | LauncherException e) {
            progress.accept("The faults are over early: " + e.getMessage());
            failures.add(e.getMessage());
        }
        if (closed) {
            throw new ChaosException("The run was stopped");
        }
        progress.accept("The faults are over: waiting until all is at rest");
        clients.forEach(Client::stop);
        for (Thread client : working) {
            client.join();
        }
        try (EventStoreReader store = new EventStoreReader(configuration.ports().axonServerGrpc())) {
            Settling.AtRest atRest = new Settling(platform, settings.instances(), store, log).await();
            recovering.interrupt();
            recovering.join();
            List<Verdict> verdicts = Checker.check(new Invariant.Evidence(history, atRest.log(), atRest.readModel()));
            return new Report(settings, recoveries.struck(), history, atRest, List.copyOf(failures), verdicts);
        }
    }

    /** What clients were told so far. */
    History history() {
        return history;
    }

    /** What was read of the event store so far. */
    EventLog log() {
        return log;
    }

    private Thread start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((broken, fault) -> failures.add(name + " ended early: " + fault));
        thread.start();
        return thread;
    }

    /** Before the first fault, so that there is something to lose. */
    private void awaitBusiness() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        // For these something has to be as it seldom is: that is not waited for.
        Set<Kind> needed = EnumSet.complementOf(EnumSet.of(Kind.CANCELLATION, Kind.RETRY, Kind.CLOSURE));
        while (!history.acknowledged().containsAll(needed)) {
            if (System.nanoTime() > end) {
                throw new ChaosException("Before any fault, not every kind of operation was acknowledged: only "
                        + history.acknowledged());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    @Override
    public void close() {
        closed = true;
        clients.forEach(Client::stop);
        nemesis.stop();
        links.flow();
        platform.close();
        links.close();
    }
}
