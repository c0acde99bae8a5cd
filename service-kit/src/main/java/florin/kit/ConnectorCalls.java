package florin.kit;

import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * Lets the thread that reads the connection to the event store hand over what came itself, where Axon only puts it down for
 * another thread: events that were read, that events were stored, commands to be handled.
 *
 * <p>Answers to commands lead to code of the application. They come one after the other on a thread of their own: many come
 * together, and one thread that is awake takes them for less than many that are woken. What is done with an answer must not wait
 * for that of another command.
 *
 * <p>Answers to queries and instructions may lead to code that waits: they come on threads of their own, as gRPC does it.
 */
final class ConnectorCalls implements ClientInterceptor {

    private static final Set<String> ONLY_PUT_DOWN = Set.of(
            CommandServiceGrpc.getOpenStreamMethod().getFullMethodName(),
            EventStoreGrpc.getAppendEventMethod().getFullMethodName(),
            EventStoreGrpc.getListAggregateEventsMethod().getFullMethodName(),
            EventStoreGrpc.getListEventsMethod().getFullMethodName());

    private static final String DISPATCH =
            CommandServiceGrpc.getDispatchMethod().getFullMethodName();
    private static final Executor ANSWERS = Executors.newSingleThreadExecutor(new DaemonThreads("command-answers"));

    @Override
    public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
        return next.newCall(method, withExecutor(method.getFullMethodName(), options));
    }

    private static CallOptions withExecutor(String method, CallOptions options) {
        if (ONLY_PUT_DOWN.contains(method)) {
            return options.withExecutor(Runnable::run);
        }
        return method.equals(DISPATCH) ? options.withExecutor(ANSWERS) : options;
    }
}
