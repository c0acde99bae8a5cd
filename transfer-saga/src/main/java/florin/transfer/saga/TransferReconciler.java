package florin.transfer.saga;

import florin.kit.DaemonThreads;
import florin.transfer.api.ExpireTransfer;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferStep;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Drives transfers that stand still, should the saga's state or its deadline be lost.
 *
 * <p>It sends the commands that the saga would send, and goes by their answers, which are the accounts' own truth: a saga
 * at work on the same transfer is neither needed nor disturbed. It keeps the time limit and the number of attempts too.
 */
@Component
final class TransferReconciler {

    private static final Logger LOG = LoggerFactory.getLogger(TransferReconciler.class);

    private final TransferRows rows;
    private final StepCommands commands;
    private final TransferProperties properties;
    private final Clock clock = Clock.systemUTC();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("transfer-reconciler"));

    TransferReconciler(TransferRows rows, StepCommands commands, TransferProperties properties) {
        this.rows = rows;
        this.commands = commands;
        this.properties = properties;
    }

    @EventListener(ApplicationReadyEvent.class)
    void start() {
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(
                this::reconcile, 0, properties.reconcileEvery().toMillis(), TimeUnit.MILLISECONDS);
    }

    @PreDestroy
    void stop() {
        timer.shutdownNow();
    }

    private void reconcile() {
        try {
            reconcile(clock.instant());
        } catch (RuntimeException away) {
            LOG.warn("Transfers cannot be looked at now: {}", away.toString());
        } catch (Error broken) {
            LOG.error("Transfers cannot be looked at", broken); // Thrown on, it would end the schedule.
        }
    }

    void reconcile(Instant now) {
        rows.findStandingStill(now.minus(properties.reconcileAfter())).forEach(transfer -> drive(transfer, now));
    }

    private void drive(TransferRow transfer, Instant now) {
        TransferId id = transfer.transferId();
        TransferStep step = transfer.step();
        int drives = rows.countDrive(id.value(), now);
        if (drives > properties.attempts()) {
            commands.send(Protocol.parking(id, step, properties.attempts()), transfer.correlationId(), 1);
        } else if (Protocol.leads(step, TransferStep.CANCEL) && isTimeUp(transfer, now)) {
            commands.send(
                    new ExpireTransfer(id),
                    transfer.correlationId(),
                    drives,
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
