package florin.eventstore.streams;

import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;

/**
 * Of a stream's events, whether the filter accepts them, and the hash by which they find their segment. All segments come by each event,
 * mostly at about the same time, and to look into its payload may take long, so what was found of the last ones is kept. Thread-safe.
 */
final class SegmentHashes {
    /** Of an event that the filter leaves out; hashes are integers. */
    static final long LEFT_OUT = Long.MIN_VALUE;

    private static final int KEPT = 512;

    private record Found(long token, long hash) {}

    private final Predicate<EventWithToken> filter;
    private final Sequencing sequencing;
    /** By the last digits of their tokens. */
    private final AtomicReferenceArray<Found> found = new AtomicReferenceArray<>(KEPT);

    SegmentHashes(Predicate<EventWithToken> filter, Sequencing sequencing) {
        this.filter = filter;
        this.sequencing = sequencing;
    }

    /** Null if it has yet to be {@link #find found}. */
    Long known(long token) {
        Found last = found.get((int) (token % KEPT));
        return last != null && last.token() == token ? last.hash() : null;
    }

    long find(EventWithToken event) {
        long hash = filter.test(event) ? sequencing.hash(event.getEvent()) : LEFT_OUT;
        found.set((int) (event.getToken() % KEPT), new Found(event.getToken(), hash));
        return hash;
    }
}
