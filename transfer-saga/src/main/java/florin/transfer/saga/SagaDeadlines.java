package florin.transfer.saga;

import florin.kit.DaemonThreads;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.axonframework.common.IdentifierFactory;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.deadline.AbstractDeadlineManager;
import org.axonframework.deadline.DeadlineMessage;
import org.axonframework.deadline.GenericDeadlineMessage;
import org.axonframework.lifecycle.Lifecycle;
import org.axonframework.lifecycle.Phase;
import org.axonframework.messaging.ResultMessage;
import org.axonframework.messaging.Scope;
import org.axonframework.messaging.ScopeAware;
import org.axonframework.messaging.ScopeAwareProvider;
import org.axonframework.messaging.ScopeDescriptor;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;
import org.axonframework.modelling.saga.SagaScopeDescriptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deadlines of sagas, kept in the row of the saga that set them: one of each name, durable with the step that they are for,
 * gone with the saga.
 *
 * <p>Whichever process picks a saga whose deadline is due has half a minute to carry it out before another may. One whose
 * handling fails is taken up again some seconds later. A payload is a text.
 */
final class SagaDeadlines extends AbstractDeadlineManager implements Lifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(SagaDeadlines.class);
    private static final Duration POLLING_INTERVAL = Duration.ofSeconds(1);
    private static final Duration PICKED_FOR = Duration.ofSeconds(30);
    private static final Duration RETRY_AFTER_FAULT = Duration.ofSeconds(5);
    private static final long LONGEST_SHUTDOWN_SECONDS = 5;

    private final SagaRows rows;
    private final TransferSagaStore store;
    private final ScopeAwareProvider sagas;
    private final TransactionManager transactions;
    private final Clock clock;
    private final Runnable requireEventStore;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("saga-deadlines"));

    /**
     * @param requireEventStore throws while it is not known whether the event store is the one that set the deadlines
     */
    SagaDeadlines(
            SagaRows rows,
            TransferSagaStore store,
            ScopeAwareProvider sagas,
            TransactionManager transactions,
            Clock clock,
            Runnable requireEventStore) {
        this.rows = rows;
        this.store = store;
        this.sagas = sagas;
        this.transactions = transactions;
        this.clock = clock;
        this.requireEventStore = requireEventStore;
    }

    @Override
    public String schedule(Duration delay, String name, Object payload, ScopeDescriptor scope) {
        return schedule(clock.instant().plus(delay), name, payload, scope);
    }

    @Override
    public String schedule(Instant due, String name, Object payload, ScopeDescriptor scope) {
        String id = IdentifierFactory.getInstance().generateIdentifier();
        store.deadlines(sagaId(scope)).put(name, new SagaDeadline(id, due, (String) payload));
        return id;
    }

    @Override
    public void cancelSchedule(String name, String id) {
        store.deadlines(sagaId(Scope.describeCurrentScope()))
                .computeIfPresent(name, (same, deadline) -> deadline.id().equals(id) ? null : deadline);
    }

    @Override
    public void cancelAll(String name) {
        throw new UnsupportedOperationException("A saga cancels its own deadlines");
    }

    @Override
    public void cancelAllWithinScope(String name, ScopeDescriptor scope) {
        SagaDeadline unused = store.deadlines(sagaId(scope)).remove(name);
    }

    private static String sagaId(ScopeDescriptor scope) {
        return ((SagaScopeDescriptor) scope).getIdentifier().toString();
    }

    @Override
    public void registerLifecycleHandlers(LifecycleRegistry lifecycle) {
        lifecycle.onStart(Phase.INBOUND_EVENT_CONNECTORS, this::start);
        lifecycle.onShutdown(Phase.INBOUND_EVENT_CONNECTORS, this::stop);
    }

    private void start() {
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(
                this::carryOutDue, POLLING_INTERVAL.toMillis(), POLLING_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void stop() {
        timer.shutdown();
        try {
            if (!timer.awaitTermination(LONGEST_SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("A deadline that is being carried out is left behind and will be taken up again");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void carryOutDue() {
        try {
            requireEventStore.run();
            while (carryOutSome(clock.instant()) == SagaRows.MOST_PICKED && !timer.isShutdown()) {
                LOG.info("More sagas are to be looked at for deadlines than are picked at once");
            }
        } catch (RuntimeException away) {
            LOG.warn("Deadlines cannot be looked at now: {}", away.toString());
        } catch (Error broken) { // Thrown on, it would end the schedule.
            LOG.error("Deadlines cannot be looked at now", broken);
        }
    }

    private int carryOutSome(Instant now) {
        Map<String, Map<String, SagaDeadline>> due = rows.pickDue(now, now.plus(PICKED_FOR));
        due.forEach((sagaId, deadlines) -> deadlines.forEach((name, deadline) -> {
            if (!deadline.due().isAfter(now)) {
                carryOut(sagaId, name, deadline);
            }
        }));
        return due.size();
    }

    private void carryOut(String sagaId, String name, SagaDeadline deadline) {
        DeadlineMessage<String> message = message(name, deadline);
        UnitOfWork<DeadlineMessage<String>> unit = DefaultUnitOfWork.startAndGet(message);
        unit.attachTransaction(transactions);
        ResultMessage<?> result = unit.executeWithResult(() -> {
            handle(message, sagaId, deadline);
            return null;
        });
        if (result.isExceptional()) {
            LOG.warn(
                    "{} of saga {} will be carried out later: {}",
                    name,
                    sagaId,
                    result.exceptionResult().toString());
            rows.pickAgain(sagaId, clock.instant().plus(RETRY_AFTER_FAULT));
        }
    }

    static DeadlineMessage<String> message(String name, SagaDeadline deadline) {
        return GenericDeadlineMessage.asDeadlineMessage(name, deadline.payload(), deadline.due());
    }

    /** Within the unit of work of the message; nothing happens if the deadline does not stand any more. */
    void handle(DeadlineMessage<String> message, String sagaId, SagaDeadline deadline) throws Exception {
        if (store.takeDeadline(sagaId, deadline.id())) {
            ScopeDescriptor scope = new SagaScopeDescriptor(TransferSaga.class.getSimpleName(), sagaId);
            for (ScopeAware saga : sagas.provideScopeAwareStream(scope)
                    .filter(aware -> aware.canResolve(scope))
                    .toList()) {
                saga.send(message, scope);
            }
        }
    }
}
