package florin.eventstore.protocol;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a call whose handler threw with Axon's error code instead of gRPC's bare UNKNOWN. */
public final class RefusalInterceptor implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(RefusalInterceptor.class);

    @Override
    public <Q, S> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, S> call, Metadata headers, ServerCallHandler<Q, S> next) {
        AtomicBoolean closed = new AtomicBoolean();
        ServerCall.Listener<Q> listener;
        try {
            listener = next.startCall(call, headers);
        } catch (RuntimeException e) {
            close(call, e, closed);
            return new ServerCall.Listener<>() {};
        }
        return new SimpleForwardingServerCallListener<>(listener) {
            @Override
            public void onMessage(Q message) {
                guarded(() -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                guarded(super::onHalfClose);
            }

            @Override
            public void onReady() {
                guarded(super::onReady);
            }

            private void guarded(Runnable step) {
                if (closed.get()) {
                    return;
                }
                try {
                    step.run();
                } catch (RuntimeException e) {
                    close(call, e, closed);
                }
            }
        };
    }

    private static void close(ServerCall<?, ?> call, RuntimeException reason, AtomicBoolean closed) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        Refusal refusal = Refusal.from(reason);
        if (reason != refusal) {
            LOG.warn("A call of {} failed", call.getMethodDescriptor().getFullMethodName(), reason);
        }
        StatusRuntimeException status = refusal.asStatus();
        Metadata trailers = status.getTrailers();
        try {
            call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
        } catch (IllegalStateException e) {
            LOG.debug("The call was over already", e);
        }
    }
}
