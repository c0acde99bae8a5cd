package florin.simulation;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.axonframework.common.stream.BlockingStream;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventsourcing.eventstore.AbstractEventStore;
import org.axonframework.eventsourcing.eventstore.DomainEventStream;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;

/** One process's connection to the event log, which can fail before an append or after it. */
final class NodeEventStore extends AbstractEventStore {

    /** How the next append goes. */
    enum Append {
        DONE,
        REFUSED,
        UNANSWERED
    }

    private final Engine engine;

    private NodeEventStore(Builder builder, Engine engine) {
        super(builder);
        this.engine = engine;
    }

    static NodeEventStore of(EventLog log, Bug bug) {
        Engine engine = new Engine(log, bug);
        return new NodeEventStore(new Builder(engine), engine);
    }

    void next(Append append) {
        engine.next = append;
    }

    @Override
    public BlockingStream<TrackedEventMessage<?>> openStream(TrackingToken token) {
        throw new UnsupportedOperationException();
    }

    private static final class Builder extends AbstractEventStore.Builder {
        Builder(EventStorageEngine engine) {
            storageEngine(engine);
        }
    }

    private static final class Engine implements EventStorageEngine {

        private final EventLog log;
        private final Bug bug;
        private Append next = Append.DONE;

        Engine(EventLog log, Bug bug) {
            this.log = log;
            this.bug = bug;
        }

        @Override
        public void appendEvents(List<? extends EventMessage<?>> events) {
            if (next == Append.REFUSED) {
                throw new IllegalStateException("The event store is away");
            }
            log.append(events);
            if (next == Append.UNANSWERED) {
                throw new IllegalStateException("The event store did not answer");
            }
        }

        @Override
        public DomainEventStream readEvents(String aggregateIdentifier, long first) {
            List<DomainEventMessage<?>> stream = log.stream(aggregateIdentifier);
            List<DomainEventMessage<?>> read = bug.remembered(stream.subList((int) first, stream.size()));
            return DomainEventStream.of(read.stream(), () -> stream.isEmpty() ? null : (long) stream.size() - 1);
        }

        @Override
        public Optional<Long> lastSequenceNumberFor(String aggregateIdentifier) {
            List<DomainEventMessage<?>> stream = log.stream(aggregateIdentifier);
            return stream.isEmpty() ? Optional.empty() : Optional.of((long) stream.size() - 1);
        }

        @Override
        public Optional<DomainEventMessage<?>> readSnapshot(String aggregateIdentifier) {
            return log.snapshot(aggregateIdentifier);
        }

        @Override
        public void storeSnapshot(DomainEventMessage<?> snapshot) {
            log.store(snapshot);
        }

        @Override
        public Stream<? extends TrackedEventMessage<?>> readEvents(TrackingToken token, boolean mayBlock) {
            throw new UnsupportedOperationException();
        }
    }
}
