package florin.eventstore.protocol;

import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Refuses calls while too many are open, over all connections: each takes some KiB, also one that neither side says anything on, and
 * what all connections together may have of them would not fit into memory.
 */
public final class CallLimit implements ServerInterceptor {
    /** What a call takes, roughly. */
    private static final int CALL_BYTES = 4 << 10;

    /** Those that are open take a quarter of the heap. */
    private static final int MOST =
            (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 4 / CALL_BYTES);

    private final AtomicInteger open = new AtomicInteger();

    @Override
    public <Q, S> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, S> call, Metadata headers, ServerCallHandler<Q, S> next) {
        if (open.incrementAndGet() > MOST) {
            open.decrementAndGet();
            throw Refusal.tooManyRequests(ErrorCategory.OTHER, MOST + " calls are open already; try again later");
        }
        ServerCall.Listener<Q> listener;
        try {
            listener = next.startCall(call, headers);
        } catch (RuntimeException | Error e) {
            open.decrementAndGet();
            throw e;
        }
        return new SimpleForwardingServerCallListener<>(listener) {
            @Override
            public void onComplete() {
                open.decrementAndGet();
                super.onComplete();
            }

            @Override
            public void onCancel() {
                open.decrementAndGet();
                super.onCancel();
            }
        };
    }
}
