package foreign;

import java.util.concurrent.atomic.AtomicInteger;
import org.axonframework.eventhandling.TrackingToken;

/** A token of somebody else: it could be made from JSON, and must not be. */
public final class ForeignToken implements TrackingToken {

    public static final AtomicInteger MADE = new AtomicInteger();

    public ForeignToken() {
        MADE.incrementAndGet();
    }

    @Override
    public TrackingToken lowerBound(TrackingToken other) {
        return this;
    }

    @Override
    public TrackingToken upperBound(TrackingToken other) {
        return this;
    }

    @Override
    public boolean covers(TrackingToken other) {
        return true;
    }
}
