package florin.eventstore.security;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.LeftOut;
import io.axoniq.axonserver.grpc.admin.EventProcessorAdminServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.axoniq.axonserver.grpc.event.EventSchedulerGrpc;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.streams.PersistentStreamServiceGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Lets a gRPC call pass only if its token stands for an application with a role for it, and its context can be used;
 * remembers who calls. Asking for the platform's server is about no context: it needs a token, and no role.
 */
public final class AccessInterceptor implements ServerInterceptor {
    private static final Metadata.Key<String> TOKEN =
            Metadata.Key.of(AccessControl.HEADER, Metadata.ASCII_STRING_MARSHALLER);

    private static final String FIRST_CALL =
            PlatformServiceGrpc.getGetPlatformServerMethod().getFullMethodName();
    private static final Role[] ANY = {};
    /** Whoever appends to an aggregate loads it first. */
    private static final Role[] LOAD = {Role.USE_CONTEXT, Role.READ_EVENTS, Role.PUBLISH_EVENTS};

    /** Who only reads may make a persistent stream to read it, and take none away from others. */
    private static final Role[] CHANGE_STREAM = {Role.USE_CONTEXT, Role.CONTEXT_ADMIN, Role.ADMIN};

    private static final Role[] NOBODY_ELSE = {Role.ADMIN};
    private static final Map<String, Role[]> BY_SERVICE = Map.of(
            PlatformServiceGrpc.SERVICE_NAME, ANY,
            EventStoreGrpc.SERVICE_NAME, roles(Role.READ_EVENTS),
            EventSchedulerGrpc.SERVICE_NAME, roles(Role.PUBLISH_EVENTS),
            PersistentStreamServiceGrpc.SERVICE_NAME, roles(Role.READ_EVENTS),
            EventProcessorAdminServiceGrpc.SERVICE_NAME, new Role[] {Role.CONTEXT_ADMIN, Role.ADMIN});
    private static final Map<String, Role[]> BY_METHOD = Map.ofEntries(
            Map.entry(EventStoreGrpc.getAppendEventMethod().getFullMethodName(), roles(Role.PUBLISH_EVENTS)),
            Map.entry(EventStoreGrpc.getAppendSnapshotMethod().getFullMethodName(), roles(Role.PUBLISH_EVENTS)),
            Map.entry(EventStoreGrpc.getListAggregateEventsMethod().getFullMethodName(), LOAD),
            Map.entry(EventStoreGrpc.getListAggregateSnapshotsMethod().getFullMethodName(), LOAD),
            Map.entry(EventStoreGrpc.getReadHighestSequenceNrMethod().getFullMethodName(), LOAD),
            Map.entry(PersistentStreamServiceGrpc.getUpdateStreamMethod().getFullMethodName(), CHANGE_STREAM),
            Map.entry(PersistentStreamServiceGrpc.getResetStreamMethod().getFullMethodName(), CHANGE_STREAM),
            Map.entry(PersistentStreamServiceGrpc.getDeleteStreamMethod().getFullMethodName(), CHANGE_STREAM),
            Map.entry(CommandServiceGrpc.getDispatchMethod().getFullMethodName(), roles(Role.DISPATCH_COMMANDS)),
            Map.entry(
                    CommandServiceGrpc.getOpenStreamMethod().getFullMethodName(),
                    roles(Role.SUBSCRIBE_COMMAND_HANDLER)),
            Map.entry(QueryServiceGrpc.getQueryMethod().getFullMethodName(), roles(Role.DISPATCH_QUERY)),
            Map.entry(QueryServiceGrpc.getSubscriptionMethod().getFullMethodName(), roles(Role.DISPATCH_QUERY)),
            Map.entry(QueryServiceGrpc.getOpenStreamMethod().getFullMethodName(), roles(Role.SUBSCRIBE_QUERY_HANDLER)),
            Map.entry(
                    EventProcessorAdminServiceGrpc.getGetAllEventProcessorsMethod()
                            .getFullMethodName(),
                    new Role[] {Role.MONITOR, Role.CONTEXT_ADMIN, Role.ADMIN}),
            Map.entry(
                    EventProcessorAdminServiceGrpc.getGetEventProcessorsByComponentMethod()
                            .getFullMethodName(),
                    new Role[] {Role.MONITOR, Role.CONTEXT_ADMIN, Role.ADMIN}),
            Map.entry(
                    EventProcessorAdminServiceGrpc.getGetBalancingStrategiesMethod()
                            .getFullMethodName(),
                    new Role[] {Role.MONITOR, Role.CONTEXT_ADMIN, Role.ADMIN}));

    private static Role[] roles(Role special) {
        return new Role[] {Role.USE_CONTEXT, special};
    }

    private final AccessControl accessControl;
    private final Consumer<String> contextCheck;

    /** The check throws a refusal for what is no context. */
    public AccessInterceptor(AccessControl accessControl, Consumer<String> contextCheck) {
        this.accessControl = accessControl;
        this.contextCheck = contextCheck;
    }

    @Override
    public <Q, S> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, S> call, Metadata headers, ServerCallHandler<Q, S> next) {
        Caller caller = accessControl.authenticate(headers.get(TOKEN));
        String context = ContextHeader.current();
        if (!call.getMethodDescriptor().getFullMethodName().equals(FIRST_CALL)) {
            if (accessControl.isOn()) {
                caller.require(context, needed(call.getMethodDescriptor()));
            }
            contextCheck.accept(context);
        }
        return accessControl.isOn()
                ? Contexts.interceptCall(Context.current().withValue(Caller.KEY, caller), call, headers, next)
                : next.startCall(call, headers);
    }

    private static Role[] needed(MethodDescriptor<?, ?> method) {
        Role[] byMethod = BY_METHOD.get(method.getFullMethodName());
        String service = String.valueOf(method.getServiceName());
        // Nobody is to look for a role because of what is not here.
        Role[] otherwise = LeftOut.has(service) ? ANY : NOBODY_ELSE;
        return byMethod != null ? byMethod : BY_SERVICE.getOrDefault(service, otherwise);
    }
}
