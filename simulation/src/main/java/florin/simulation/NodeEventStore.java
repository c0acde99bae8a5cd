package florin.simulation;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.axonframework.common.stream.BlockingStream;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventsourcing.eventstore.AbstractEventStore;
import org.axonframework.eventsourcing.eventstore.DomainEventStream;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;

/** One process's connection to the event log; whoever has an event appended says how that goes. */
final class NodeEventStore extends AbstractEventStore {

    private final Engine engine;

    private NodeEventStore(Builder builder, Engine engine) {
        super(builder);
        this.engine = engine;
    }

    static NodeEventStore of(EventLog log, Bug bug) {
        Engine engine = new Engine(log, bug);
        return new NodeEventStore(new Builder(engine), engine);
    }

    /** How the next append goes, if there is one: a unit of work without an event has none. */
    void next(Consumer<List<? extends EventMessage<?>>> append) {
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
        private Consumer<List<? extends EventMessage<?>>> next;

        Engine(EventLog log, Bug bug) {
            this.log = log;
            this.bug = bug;
            this.next = log::append;
        }

        @Override
        public void appendEvents(List<? extends EventMessage<?>> events) {
            next.accept(events);
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
