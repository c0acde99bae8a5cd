package florin.eventstore.rpc;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Pump;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StoredEvent;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.GetAggregateSnapshotsRequest;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Answers one aggregate's snapshots, the latest first, one at a time: they may be long. */
final class SnapshotStream extends Pump<Event> {
    private static final int MAX_SNAPSHOTS = 100;

    private final EventStorage storage;
    private final String identifier;
    private final long first;
    private long last;
    private int left;

    SnapshotStream(
            EventStorage storage,
            Executor executor,
            GetAggregateSnapshotsRequest request,
            StreamObserver<Event> observer) {
        super(Outbound.of(observer, () -> {}), executor);
        this.storage = storage;
        identifier = request.getAggregateId();
        first = Math.max(0, request.getInitialSequence());
        last = request.getMaxSequence();
        left = request.getMaxResults() <= 0 ? MAX_SNAPSHOTS : Math.min(request.getMaxResults(), MAX_SNAPSHOTS);
        out.onReady(this::wake);
    }

    @Override
    protected boolean step() {
        if (!out.isReady()) {
            return false;
        }
        Optional<StoredEvent> snapshot =
                left > 0 && last >= first ? storage.readSnapshot(identifier, first, last) : Optional.empty();
        if (snapshot.isEmpty()) {
            out.complete();
            return false;
        }
        Event event = snapshot.get().event();
        out.answer(event);
        last = event.getAggregateSequenceNumber() - 1;
        left--;
        return true;
    }

    @Override
    protected void stopped() {}
}
