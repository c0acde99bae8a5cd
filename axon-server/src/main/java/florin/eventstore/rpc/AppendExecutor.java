package florin.eventstore.rpc;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.storage.Contexts;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.concurrent.Executor;

/**
 * Lets the thread that reads a connection take its events as well: an append only collects them and hands them to the
 * writer, which never blocks, and to hand over each event first, and to ask for the next, costs more than that.
 */
public final class AppendExecutor implements ServerCallExecutorSupplier {
    private static final String APPEND = EventStoreGrpc.getAppendEventMethod().getFullMethodName();

    private final Contexts contexts;

    public AppendExecutor(Contexts contexts) {
        this.contexts = contexts;
    }

    /** Null for what stays with the threads for calls: everything else, and what would open a context. */
    @Override
    public <Q, S> Executor getExecutor(ServerCall<Q, S> call, Metadata headers) {
        return call.getMethodDescriptor().getFullMethodName().equals(APPEND)
                        && contexts.isOpen(ContextHeader.nameIn(headers))
                ? Runnable::run
                : null;
    }
}
