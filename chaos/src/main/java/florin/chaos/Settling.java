package florin.chaos;

import florin.launcher.Http;
import florin.launcher.LauncherException;
import florin.launcher.Platform;
import florin.transfer.api.TransferStatus;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Waits until all is at rest after the faults: every process ready, no event added for a while, every transfer final, every
 * projection at the last event. A parked transfer is retried, as an operator would.
 */
final class Settling {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration QUIET = Duration.ofSeconds(3);
    private static final long POLL_MILLIS = 500;

    private final Platform platform;
    private final EventStoreReader store;
    private final ReadModelReader queries;
    private final Http http = new Http();
    private final EventLog log;
    private long grownAtNanos;
    private int retried;

    /** {@code log} is filled meanwhile. */
    Settling(Platform platform, int instances, EventStoreReader store, EventLog log) {
        this.platform = platform;
        this.store = store;
        this.log = log;
        this.queries = new ReadModelReader(new Instances(platform, instances)::next);
    }

    /**
     * How it is in the end.
     *
     * @param readModel empty if it could not be read when patience was over
     * @param waitingFor what had not come to rest when patience was over; empty if all had
     * @param retried how often an operator had to retry a parked transfer
     */
    record AtRest(EventLog log, Optional<ReadModel> readModel, Duration took, String waitingFor, int retried) {}

    /** Throws if the event store cannot be read when patience is over: without the whole log there is nothing to compare with. */
    AtRest await() throws InterruptedException {
        long start = System.nanoTime();
        grownAtNanos = start;
        while (true) {
            boolean isOver = System.nanoTime() - start > PATIENCE.toNanos();
            String waitingFor = look(isOver);
            Optional<ReadModel> readModel = Optional.empty();
            if (waitingFor.isEmpty() || isOver) {
                try {
                    readModel = Optional.of(queries.read(Books.of(log)));
                    if (waitingFor.isEmpty() && store.head() != log.head()) {
                        waitingFor = "events that were added a moment ago";
                    }
                } catch (LauncherException | ChaosException notNow) {
                    waitingFor = waitingFor.isEmpty() ? notNow.getMessage() : waitingFor;
                }
            }
            if (waitingFor.isEmpty() || isOver) {
                return new AtRest(log, readModel, Duration.ofNanos(System.nanoTime() - start), waitingFor, retried);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** What is not at rest yet; empty if all is. Whatever is not, the log is read. */
    private String look(boolean isLast) {
        try {
            long before = log.head();
            store.readInto(log);
            if (log.head() != before) {
                grownAtNanos = System.nanoTime();
            }
        } catch (ChaosException notNow) {
            if (isLast) {
                throw notNow;
            }
            return notNow.getMessage();
        }
        try {
            for (String process : platform.names()) {
                if (!platform.isReady(process)) {
                    return process + " is not ready";
                }
            }
            List<String> open = Books.of(log).transfers().stream()
                    .filter(transfer -> transfer.end().isEmpty())
                    .map(transfer -> transfer.id().value())
                    .toList();
            if (!open.isEmpty()) {
                retryParked();
                return "transfers that are not final: " + open;
            }
            if (System.nanoTime() - grownAtNanos < QUIET.toNanos()) {
                return "events that were added a moment ago";
            }
            return behind();
        } catch (LauncherException | ChaosException notNow) {
            return notNow.getMessage();
        }
    }

    private String behind() {
        List<ReadModel.Projection> projections = queries.projections();
        if (projections.isEmpty()) {
            return "projections, of which none is shown";
        }
        for (ReadModel.Projection projection : projections) {
            if (!projection.isAt(log.head())) {
                return "the projection " + projection;
            }
        }
        long shownFinal = queries.transfers().values().stream()
                .filter(transfer -> transfer.status().isFinal())
                .count();
        int all = Books.of(log).transfers().size();
        return shownFinal == all ? "" : "transfer-saga shows " + shownFinal + " final transfers of " + all;
    }

    private void retryParked() {
        Http.Reply parked = http.get(uri("/transfers?limit=500&status=" + TransferStatus.PARKED));
        parked.body().path("transfers").forEach(transfer -> {
            String path = "/transfers/" + transfer.path("id").asString("") + "/retry";
            if (http.post(uri(path), null, "").status() == 202) {
                retried++;
            }
        });
    }

    private URI uri(String path) {
        return platform.url(Platform.TRANSFER_SAGA).resolve(path);
    }
}
