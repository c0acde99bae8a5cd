package florin.chaos;

import florin.launcher.Platform;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Injects the faults of a plan one after the other; each process comes back as the platform has it, without help from here. */
final class Nemesis implements Runnable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_MILLIS = 50;

    private final Platform platform;
    private final Links links;
    private final FaultPlan plan;
    private final Recoveries recoveries;
    private final Consumer<String> progress;
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
                inject(fault);
                if (fault.kind().isBesideOthers()) {
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
        switch (fault.kind()) {
            case KILL -> {
                pauseWhenAlive(fault.target());
                platform.kill(fault.target());
            }
            case PAUSE, FREEZE -> pauseWhenAlive(fault.target());
            case CUT -> links.get(fault.target()).proxy().cut();
            case STALL -> links.get(fault.target()).proxy().stall();
            case LOSE -> links.get(fault.target()).proxy().lose();
        }
    }

    /** An earlier fault may have it down: the platform is about to start it again. */
    private void pauseWhenAlive(String process) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!stopped && !platform.pause(process)) {
            if (System.nanoTime() > end) {
                throw new ChaosException(process + " is down, and is not started again");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private void end(Fault fault) {
        String affected = fault.target();
        if (fault.kind().isOfConnections()) {
            Link link = links.get(fault.target());
            link.proxy().flow();
            affected = link.service();
        } else {
            platform.resume(fault.target());
        }
        recoveries.begin(fault, affected);
    }

    void stop() {
        stopped = true;
        ends.shutdownNow();
    }

    /** Ends whatever lasts. */
    void heal() {
        links.flow();
        platform.names().forEach(platform::resume);
    }
}
