package florin.eventstore.protocol;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Reads the header that says which Axon context a call is about, and keeps it with the call. */
public final class ContextHeader implements ServerInterceptor {
    public static final String DEFAULT_CONTEXT = "default";

    private static final Metadata.Key<String> HEADER =
            Metadata.Key.of("AxonIQ-Context", Metadata.ASCII_STRING_MARSHALLER);
    private static final Context.Key<String> NAME = Context.keyWithDefault("axon-context", DEFAULT_CONTEXT);

    @Override
    public <Q, S> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, S> call, Metadata headers, ServerCallHandler<Q, S> next) {
        String name = nameIn(headers);
        if (name.equals(DEFAULT_CONTEXT)) {
            return next.startCall(call, headers);
        }
        return Contexts.interceptCall(Context.current().withValue(NAME, name), call, headers, next);
    }

    /** The name of the context that a call with these headers is about. */
    public static String nameIn(Metadata headers) {
        String name = headers.get(HEADER);
        return name == null || name.isEmpty() ? DEFAULT_CONTEXT : name;
    }

    /** The name of the context of the call that runs on this thread. */
    public static String current() {
        return NAME.get();
    }
}
