package florin.account.command;

import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.EventSourcedAggregate;
import org.axonframework.eventsourcing.SnapshotTrigger;
import org.axonframework.eventsourcing.SnapshotTriggerDefinition;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.Scope;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.modelling.command.AggregateLifecycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot each so many events, of the account in memory. Axon's own reads all events since the last one for it, on both
 * sides of the event store.
 *
 * <p>One that remembers much has its snapshots further apart, so that they do not take more room than its events: for each event
 * there are {@value #REMEMBERED_PER_EVENT} things in it at most, of 30 bytes each as a rule.
 *
 * <p>A snapshot is taken when the command's events are stored, before the account's lock is given back, so it holds what the events
 * up to its number make, no more and no less. An account that was read from more events than that has one with its next event.
 * Nobody waits for the event store to take it. One that is refused is logged, by Axon where the event store refuses, and left
 * out: the next comes after as many events again.
 */
final class AccountSnapshots implements SnapshotTriggerDefinition {

    private static final Logger LOG = LoggerFactory.getLogger(AccountSnapshots.class);

    private static final int REMEMBERED_PER_EVENT = 10;

    private final EventStore store;
    private final int eventsPerSnapshot;

    AccountSnapshots(EventStore store, int eventsPerSnapshot) {
        this.store = store;
        this.eventsPerSnapshot = eventsPerSnapshot;
    }

    @Override
    public SnapshotTrigger prepareTrigger(Class<?> aggregateType) {
        return new SnapshotTrigger() {
            private int events;

            @Override
            public void eventHandled(EventMessage<?> event) {
                events++;
                if (events >= eventsPerSnapshot && AggregateLifecycle.isLive()) {
                    EventSourcedAggregate<Account> account = Scope.getCurrentScope();
                    if (events >= account.getAggregateRoot().remembered() / REMEMBERED_PER_EVENT) {
                        events = 0;
                        CurrentUnitOfWork.get().afterCommit(stored -> store(account));
                    }
                }
            }

            @Override
            public void initializationFinished() {
                // An account that is made, not read, is not told of this; it is asked whether it is live.
            }
        };
    }

    private void store(EventSourcedAggregate<Account> account) {
        DomainEventMessage<?> snapshot = new GenericDomainEventMessage<>(
                account.type(), account.identifierAsString(), account.version(), account.getAggregateRoot());
        try {
            store.storeSnapshot(snapshot);
        } catch (RuntimeException e) {
            LOG.warn(
                    "No snapshot of {} {} as of its event {}",
                    snapshot.getType(),
                    snapshot.getAggregateIdentifier(),
                    snapshot.getSequenceNumber(),
                    e);
        }
    }
}
