package florin.chaos;

import florin.launcher.Http;
import florin.launcher.LauncherException;
import florin.launcher.Platform;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Injects the faults of a plan one after the other; each process comes back as the platform has it, without help from here. */
final class Nemesis implements Runnable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** PostgreSQL would keep them for hours, and takes no more than so many connections. */
    private static final Duration LONGEST_LOSS = Duration.ofMinutes(1);

    private static final long POLL_MILLIS = 50;

    private final Platform platform;
    private final Links links;
    private final FaultPlan plan;
    private final Recoveries recoveries;
    private final Consumer<String> progress;
    private final Http http = new Http().withTimeout(Duration.ofSeconds(3));
    private final ScheduledExecutorService ends = Executors.newSingleThreadScheduledExecutor();
    private volatile boolean stopped;

    Nemesis(Platform platform, Links links, FaultPlan plan, Recoveries recoveries, Consumer<String> progress) {
        this.platform = platform;
        this.links = links;
        this.plan = plan;
        this.recoveries = recoveries;
        this.progress = progress;
    }

    /** The whole plan, or until {@link #stop()}. */
    @Override
    public void run() {
        try {
            int number = 0;
            for (Fault fault : plan.faults()) {
                if (stopped) {
                    return;
                }
                number++;
                progress.accept("fault " + number + " of " + plan.faults().size() + ": " + fault);
                links.endLost(LONGEST_LOSS);
                inject(fault);
                if (fault.isBesideOthers()) {
                    Future<?> unused =
                            ends.schedule(() -> end(fault), fault.lasts().toMillis(), TimeUnit.MILLISECONDS);
                } else {
                    TimeUnit.MILLISECONDS.sleep(fault.lasts().toMillis());
                    end(fault);
                }
                TimeUnit.MILLISECONDS.sleep(fault.then().toMillis());
            }
            ends.shutdown();
            if (!ends.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new ChaosException("A fault does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ends.shutdownNow();
            heal();
        }
    }

    private void inject(Fault fault) throws InterruptedException {
        String target = fault.target();
        recoveries.begin(fault, affected(fault));
        switch (fault.kind()) {
            case KILL -> {
                whenAlive(target, platform::pause);
                platform.kill(target);
            }
            case STOP -> whenAlive(target, platform::terminate);
            case CRASH -> {
                platform.names().forEach(platform::pause); // Lest one sees another one die.
                platform.names().forEach(platform::kill);
            }
            case PAUSE, FREEZE -> whenAlive(target, platform::pause);
            case CUT -> links.get(target).proxy().cut();
            case STALL -> links.get(target).proxy().stall();
            case LOSE -> links.get(target).proxy().lose();
            case REPLAY -> replay(target);
        }
    }

    /** As an operator would; if nobody answers now, or it is being replayed, that is that. */
    private void replay(String projection) {
        URI replay = platform.url(Platform.ACCOUNT_QUERY).resolve("/projections/" + projection + "/replay");
        try {
            Http.Reply unused = http.post(replay, null, "");
        } catch (LauncherException away) {
            progress.accept("no answer whether " + projection + " is replayed");
        }
    }

    /** The processes that are expected to come back. */
    private List<String> affected(Fault fault) {
        return switch (fault.kind()) {
            case CRASH -> platform.names();
            case REPLAY -> List.of();
            case CUT, STALL, LOSE -> List.of(links.get(fault.target()).service());
            case KILL, STOP, PAUSE, FREEZE -> List.of(fault.target());
        };
    }

    /** An earlier fault may have it down: the platform is about to start it again. {@code strike} is false then. */
    private void whenAlive(String process, Predicate<String> strike) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!stopped && !strike.test(process)) {
            if (System.nanoTime() > end) {
                throw new ChaosException(process + " is down, and is not started again");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private void end(Fault fault) {
        if (fault.kind().isOfConnections()) {
            links.get(fault.target()).proxy().flow();
        } else if (fault.kind().lasts()) {
            platform.resume(fault.target());
        }
    }

    void stop() {
        stopped = true;
        ends.shutdownNow();
    }

    /** Ends whatever lasts. */
    void heal() {
        links.flow();
        links.endLost(Duration.ZERO);
        platform.names().forEach(platform::resume);
    }
}
