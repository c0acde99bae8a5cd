package florin.eventstore.protocol;

import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts connections, and refuses those above a number before they can make a call. */
public final class ConnectionLimit extends ServerTransportFilter {
    private static final Attributes.Key<Boolean> COUNTED = Attributes.Key.create("counted");

    private final int most;
    private final AtomicInteger open = new AtomicInteger();

    public ConnectionLimit(int most) {
        this.most = most;
    }

    public int open() {
        return open.get();
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            throw Refusal.tooManyRequests(ErrorCategory.CONNECTION_FAILED, most + " connections are open already")
                    .asStatus();
        }
        return attributes.toBuilder().set(COUNTED, true).build();
    }

    @Override
    public void transportTerminated(Attributes attributes) {
        if (attributes != null && attributes.get(COUNTED) != null) {
            open.decrementAndGet();
        }
    }
}
