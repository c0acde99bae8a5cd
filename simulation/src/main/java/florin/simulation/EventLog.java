package florin.simulation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.modelling.command.ConcurrencyException;
import org.axonframework.serialization.SerializedObject;

/** The event store's log: what is in it stays, in order, and no stream has two events of the same position. */
final class EventLog {

    private final List<DomainEventMessage<?>> events = new ArrayList<>();
    private final Map<String, List<DomainEventMessage<?>>> streams = new LinkedHashMap<>();
    private final Map<String, Snapshot> snapshots = new HashMap<>();
    private final List<Consumer<DomainEventMessage<?>>> readers = new ArrayList<>();
    private final Bug bug;

    /** What an aggregate was after its event of this number, as it was written. */
    private record Snapshot(String type, long number, SerializedObject<byte[]> state) {}

    EventLog(Bug bug) {
        this.bug = bug;
    }

    /** Tells of each event that is appended from now on. */
    void tell(Consumer<DomainEventMessage<?>> reader) {
        readers.add(reader);
    }

    void append(List<? extends EventMessage<?>> appended) {
        for (EventMessage<?> event : appended) {
            DomainEventMessage<?> of = (DomainEventMessage<?>) event;
            if (!isNext(of)) {
                throw new ConcurrencyException("There is an event " + of.getSequenceNumber() + " of "
                        + of.getAggregateIdentifier() + " already");
            }
        }
        for (EventMessage<?> event : appended) {
            DomainEventMessage<?> of = (DomainEventMessage<?>) event;
            events.add(of);
            streams.computeIfAbsent(of.getAggregateIdentifier(), id -> new ArrayList<>())
                    .add(of);
            readers.forEach(reader -> reader.accept(of));
        }
    }

    /** For an append that nobody waits for any more. */
    void appendIfFree(List<? extends EventMessage<?>> late) {
        if (late.stream().allMatch(event -> isNext((DomainEventMessage<?>) event))) {
            append(late);
        }
    }

    private boolean isNext(DomainEventMessage<?> event) {
        return event.getSequenceNumber()
                        == stream(event.getAggregateIdentifier()).size()
                || bug.acceptsAnyPosition();
    }

    List<DomainEventMessage<?>> stream(String aggregateIdentifier) {
        return streams.getOrDefault(aggregateIdentifier, List.of());
    }

    /** In the place of an earlier one. */
    void store(DomainEventMessage<?> snapshot) {
        Snapshot written = new Snapshot(
                snapshot.getType(),
                bug.snapshotNumber(snapshot.getSequenceNumber()),
                TransferDatabase.JSON.serialize(snapshot.getPayload(), byte[].class));
        Snapshot unused = snapshots.merge(
                snapshot.getAggregateIdentifier(),
                written,
                (before, after) -> before.number() > after.number() ? before : after);
    }

    Optional<DomainEventMessage<?>> snapshot(String aggregateIdentifier) {
        return Optional.ofNullable(snapshots.get(aggregateIdentifier))
                .map(snapshot -> new GenericDomainEventMessage<>(
                        snapshot.type(),
                        aggregateIdentifier,
                        snapshot.number(),
                        TransferDatabase.JSON.<byte[], Object>deserialize(snapshot.state())));
    }

    int size() {
        return events.size();
    }

    DomainEventMessage<?> get(int position) {
        return events.get(position);
    }

    /** The position of the first event of then or later. */
    int since(Instant then) {
        int position = 0;
        while (position < events.size() && events.get(position).getTimestamp().isBefore(then)) {
            position++;
        }
        return position;
    }
}
