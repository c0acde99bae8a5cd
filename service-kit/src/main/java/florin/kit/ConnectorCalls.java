package florin.kit;

import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.util.Set;

/**
 * Lets the thread that reads the connection to the event store hand over what came itself, where Axon only puts it down for
 * another thread: events that were read, that events were stored, commands to be handled.
 *
 * <p>Answers to commands and queries and instructions lead to code that may wait for the same connection: they come on threads
 * of their own, as gRPC does it.
 */
final class ConnectorCalls implements ClientInterceptor {

    private static final Set<String> ONLY_PUT_DOWN = Set.of(
            CommandServiceGrpc.getOpenStreamMethod().getFullMethodName(),
            EventStoreGrpc.getAppendEventMethod().getFullMethodName(),
            EventStoreGrpc.getListAggregateEventsMethod().getFullMethodName(),
            EventStoreGrpc.getListEventsMethod().getFullMethodName());

    @Override
    public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
        return next.newCall(
                method,
                ONLY_PUT_DOWN.contains(method.getFullMethodName()) ? options.withExecutor(Runnable::run) : options);
    }
}
