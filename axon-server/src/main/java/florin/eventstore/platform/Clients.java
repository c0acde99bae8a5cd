package florin.eventstore.platform;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which streams belong to which connection, so that a client that stopped answering loses all of them at once, but not those of
 * another connection: its network may have gone silent, and it may have come back.
 */
public final class Clients implements ServerInterceptor {
    private static final Context.Key<SocketAddress> CONNECTION = Context.key("connection");

    private final Map<SocketAddress, Set<Runnable>> streams = new ConcurrentHashMap<>();

    /** Keeps with each stream where it comes from. */
    @Override
    public <Q, S> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, S> call, Metadata headers, ServerCallHandler<Q, S> next) {
        SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        if (call.getMethodDescriptor().getType() != MethodType.BIDI_STREAMING || address == null) {
            return next.startCall(call, headers);
        }
        return Contexts.interceptCall(Context.current().withValue(CONNECTION, address), call, headers, next);
    }

    /** The connection of the stream that is opened on this thread; null if it has none. */
    static SocketAddress connection() {
        return CONNECTION.get();
    }

    /** Remembers the stream that is opened on this thread, and what to do at its end; run the result to forget it. */
    public Runnable onDrop(Outbound<?> out, Runnable end) {
        SocketAddress connection = connection();
        if (connection == null) {
            return () -> {};
        }
        Runnable entry = () -> {
            out.fail(Refusal.of(ErrorCategory.CONNECTION_FAILED, "no heartbeat"));
            end.run();
        };
        streams.compute(connection, (k, present) -> {
            Set<Runnable> entries = present == null ? ConcurrentHashMap.newKeySet() : present;
            entries.add(entry);
            return entries;
        });
        return () -> streams.computeIfPresent(connection, (k, entries) -> {
            entries.remove(entry);
            return entries.isEmpty() ? null : entries;
        });
    }

    void drop(SocketAddress connection) {
        Set<Runnable> entries = connection == null ? null : streams.remove(connection);
        if (entries != null) {
            entries.forEach(Runnable::run);
        }
    }
}
