package florin.eventstore.rpc;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.storage.Contexts;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Lets the thread that reads a connection carry out what never blocks as well: an append only collects its events and hands
 * them to the writer, a command is only handed on. To hand over each message to another thread first costs more than that. And
 * what tells that a client is alive must not wait until a thread is free.
 */
public final class CallExecutor implements ServerCallExecutorSupplier {
    private static final Set<String> NEVER_BLOCK = Set.of(
            EventStoreGrpc.getAppendEventMethod().getFullMethodName(),
            CommandServiceGrpc.getDispatchMethod().getFullMethodName(),
            CommandServiceGrpc.getOpenStreamMethod().getFullMethodName(),
            PlatformServiceGrpc.getGetPlatformServerMethod().getFullMethodName(),
            PlatformServiceGrpc.getOpenStreamMethod().getFullMethodName());

    private final Contexts contexts;
    private final Executor calls;
    private final Executor callsOfNewContexts;

    /**
     * @param calls carries out everything else
     * @param callsOfNewContexts carries out calls that begin before their context is open: they may have to wait until it is
     */
    public CallExecutor(Contexts contexts, Executor calls, Executor callsOfNewContexts) {
        this.contexts = contexts;
        this.calls = calls;
        this.callsOfNewContexts = callsOfNewContexts;
    }

    @Override
    public <Q, S> Executor getExecutor(ServerCall<Q, S> call, Metadata headers) {
        if (!contexts.isOpen(ContextHeader.nameIn(headers))) {
            return callsOfNewContexts;
        }
        return NEVER_BLOCK.contains(call.getMethodDescriptor().getFullMethodName()) ? Runnable::run : calls;
    }
}
