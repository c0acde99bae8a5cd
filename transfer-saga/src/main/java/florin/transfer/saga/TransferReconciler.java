package florin.transfer.saga;

import florin.account.api.CreditState;
import florin.account.api.ReservationState;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
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
 * at work on the same transfer is neither needed nor disturbed.
 */
@Component
final class TransferReconciler {

    private static final Logger LOG = LoggerFactory.getLogger(TransferReconciler.class);

    private final TransferRows rows;
    private final StepCommands commands;
    private final TransferProperties properties;
    private final Clock clock = Clock.systemUTC();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "transfer-reconciler");
        thread.setDaemon(true);
        return thread;
    });

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
            Instant before = clock.instant().minus(properties.reconcileAfter());
            rows.findStandingStill(before).forEach(this::drive);
        } catch (RuntimeException away) {
            LOG.warn("Transfers cannot be looked at now: {}", away.toString());
        }
    }

    private void drive(TransferRow transfer) {
        Step step =
                switch (transfer.status()) {
                    case RECEIVED -> Step.RESERVE;
                    case RESERVED -> Step.CREDIT;
                    case CREDITED -> Step.CAPTURE;
                    case COMPLETED, FAILED -> throw new IllegalStateException("A final transfer stands still for ever");
                };
        take(step, transfer);
    }

    private void take(Step step, TransferRow transfer) {
        if (step == Step.FAIL && transfer.reason() == null) {
            return; // The reason is on its way to the view: next time.
        }
        commands.send(step.command(transfer.request(), transfer.reason()), transfer.correlationId(), answer -> next(
                        step, answer)
                .ifPresent(following -> take(following, transfer)));
    }

    /** What an account's answer to a step calls for. */
    static Optional<Step> next(Step step, Object answer) {
        Step next = null;
        if (answer instanceof ReservationState reservation) {
            next = switch (reservation) {
                case RESERVED -> Step.CREDIT;
                case CAPTURED -> Step.COMPLETE;
                case RELEASED, REJECTED -> Step.FAIL;
            };
        } else if (answer instanceof CreditState credit) {
            next = switch (credit) {
                case CREDITED -> Step.CAPTURE;
                case REJECTED, CANCELLED -> Step.RELEASE;
            };
        }
        return Optional.ofNullable(next).filter(following -> step.leadsTo(following));
    }
}
