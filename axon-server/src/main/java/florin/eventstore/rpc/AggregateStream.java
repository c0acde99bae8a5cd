package florin.eventstore.rpc;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Pump;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.EventStorage.AggregateEvents;
import florin.eventstore.storage.StoredEvent;
import io.axoniq.axonserver.grpc.event.GetAggregateEventsRequest;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Answers one aggregate's events, after its latest snapshot where the client allows that. */
final class AggregateStream extends Pump<StoredEvent> {
    private static final int STEP_EVENTS = 256;

    private final EventStorage storage;
    private final String identifier;
    private final long last;
    private final boolean allowSnapshots;
    private long next;
    private boolean started;
    private boolean isReading;

    AggregateStream(
            EventStorage storage,
            Executor executor,
            GetAggregateEventsRequest request,
            StreamObserver<StoredEvent> observer) {
        super(Outbound.of(observer, StoredEvent::size, () -> {}), executor);
        this.storage = storage;
        identifier = request.getAggregateId();
        next = Math.max(0, request.getInitialSequence());
        last = request.getMaxSequence() <= 0 ? Long.MAX_VALUE : request.getMaxSequence();
        allowSnapshots = request.getAllowSnapshots();
        out.onReady(this::wake);
    }

    @Override
    protected boolean step() {
        if (!out.isReady()) {
            return false;
        }
        if (!started) {
            started = true;
            Optional<StoredEvent> snapshot =
                    allowSnapshots ? storage.readSnapshot(identifier, next, last) : Optional.empty();
            if (snapshot.isPresent()) {
                next = snapshot.get().event().getAggregateSequenceNumber() + 1;
                out.answer(snapshot.get());
                return true;
            }
        }
        AggregateEvents read =
                storage.readAggregate(identifier, next, last, STEP_EVENTS, Outbound.batchBytes(), !isReading);
        isReading = true;
        read.events().forEach(out::answer);
        next += read.events().size();
        if (read.isEnd()) {
            out.complete();
            return false;
        }
        return true;
    }

    @Override
    protected void stopped() {}
}
