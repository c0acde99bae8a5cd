package florin.transfer.saga;

import florin.kit.DaemonThreads;
import florin.transfer.api.ExpireTransfer;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferStep;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;

/**
 * Drives transfers that stand still, should the saga's state or its deadline be lost.
 *
 * <p>It sends the commands that the saga would send, and goes by their answers, which are the accounts' own truth: a saga
 * at work on the same transfer is neither needed nor disturbed. It keeps the time limit and the number of attempts too. Where
 * very many stand still it takes a part of them each second, so that branches are not flooded.
 */
final class TransferReconciler {

    private static final Logger LOG = LoggerFactory.getLogger(TransferReconciler.class);
    private static final Duration BETWEEN_PARTS = Duration.ofSeconds(1);

    private final TransferRows rows;
    private final TransferTimelines timelines;
    private final StepCommands commands;
    private final TransferProperties properties;
    private final Runnable requireEventStore;
    private final Clock clock = Clock.systemUTC();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("transfer-reconciler"));

    /**
     * @param requireEventStore throws while it is not known whether the event store is the one that the transfers are of
     */
    TransferReconciler(
            TransferRows rows,
            TransferTimelines timelines,
            StepCommands commands,
            TransferProperties properties,
            Runnable requireEventStore) {
        this.rows = rows;
        this.timelines = timelines;
        this.commands = commands;
        this.properties = properties;
        this.requireEventStore = requireEventStore;
    }

    @EventListener(ApplicationReadyEvent.class)
    void start() {
        lookAfter(Duration.ZERO);
    }

    private void lookAfter(Duration pause) {
        if (!timer.isShutdown()) {
            ScheduledFuture<?> unused = timer.schedule(this::look, pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @PreDestroy
    void stop() {
        timer.shutdownNow();
    }

    private void look() {
        boolean isAll = true;
        try {
            requireEventStore.run();
            isAll = reconcile(clock.instant());
        } catch (RuntimeException away) {
            LOG.warn("Transfers cannot be looked at now: {}", away.toString());
        } catch (Error broken) {
            LOG.error("Transfers cannot be looked at", broken); // Thrown on, it would end the schedule.
        } finally {
            Duration every = properties.reconcileEvery();
            lookAfter(isAll || every.compareTo(BETWEEN_PARTS) < 0 ? every : BETWEEN_PARTS);
        }
    }

    /**
     * Drives those that stand still and were not driven in this period yet, and has those called off whose time is up while they
     * are parked; false if there may be more of them.
     */
    boolean reconcile(Instant now) {
        Instant movedBy = now.minus(properties.reconcileAfter());
        List<TransferRow> standing = rows.findStandingStill(movedBy, now.minus(properties.reconcileEvery()), now);
        standing.forEach(transfer -> drive(transfer, now));
        List<TransferRow> parked = rows.findParked(now.minus(properties.timeLimit()), movedBy);
        parked.forEach(transfer -> commands.tell(new ExpireTransfer(transfer.transferId()), transfer.correlationId()));
        return standing.size() < TransferRows.MOST_STANDING && parked.size() < TransferRows.MOST_STANDING;
    }

    private void drive(TransferRow transfer, Instant now) {
        TransferId id = transfer.transferId();
        TransferStep step = transfer.step();
        long since = timelines.letGoOnAt(id); // First: if it is let go on after that, its drives are counted anew.
        int drives = rows.countDrive(id.value(), now);
        if (drives > properties.attempts()) {
            commands.tell(Protocol.parking(id, step, properties.attempts(), since), transfer.correlationId());
        } else if (Protocol.leads(step, TransferStep.CANCEL) && isTimeUp(transfer, now)) {
            commands.tell(
                    new ExpireTransfer(id),
                    transfer.correlationId(),
                    recorded -> take(TransferStep.CANCEL, transfer, drives));
        } else {
            take(step, transfer, drives);
        }
    }

    private boolean isTimeUp(TransferRow transfer, Instant now) {
        return !now.isBefore(transfer.requestedAt().plus(properties.timeLimit()));
    }

    private void take(TransferStep step, TransferRow transfer, int attempt) {
        if (step == TransferStep.FAIL && transfer.reason() == null) {
            return; // The reason is on its way to the view: next time.
        }
        commands.send(
                Protocol.command(step, transfer.request(), transfer.requestedAt(), transfer.reason()),
                transfer.correlationId(),
                attempt,
                answer -> Protocol.after(step, answer).ifPresent(following -> take(following, transfer, attempt)));
    }
}
