package florin.eventstore.protocol;

import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/** Answers a call with a list, each part of which is made when the reader can take it. */
public final class Listing<T> extends Pump<T> {
    private final Iterator<T> rest;

    private Listing(Iterator<T> rest, StreamObserver<T> observer, Executor executor) {
        super(Outbound.of(observer, () -> {}), executor);
        this.rest = rest;
        out.onReady(this::wake);
    }

    /**
     * Sends all parts, and then ends the call; to be called before the service method returns.
     *
     * @param executor makes the parts, and sends them
     */
    public static <T> void send(Stream<T> parts, StreamObserver<T> observer, Executor executor) {
        new Listing<>(parts.iterator(), observer, executor).wake();
    }

    @Override
    protected boolean step() {
        if (!out.isReady()) {
            return false;
        }
        if (!rest.hasNext()) {
            out.complete();
            return false;
        }
        out.answer(rest.next());
        return true;
    }

    @Override
    protected void stopped() {}
}
