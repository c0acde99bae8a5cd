package florin.eventstore.routing;

import florin.eventstore.platform.Clients;
import florin.eventstore.platform.Topology;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.InstructionAck;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryProviderOutbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.query.QuerySubscription;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The QueryService: streams of handlers on one side; queries and subscription queries on the other. */
public final class QueryRpc extends QueryServiceGrpc.QueryServiceImplBase {
    private static final long DEFAULT_TIMEOUT_MS = TimeUnit.HOURS.toMillis(1);

    private final Map<String, QueryRouter> routers = new ConcurrentHashMap<>();
    private final Set<QueryHandler> handlers = ConcurrentHashMap.newKeySet();
    private final AtomicLong subscriptionBytes = new AtomicLong();
    private final LongAdder dispatched = new LongAdder();
    private final ScheduledExecutorService timer;
    private final Clients clients;
    private final Topology topology;

    public QueryRpc(ScheduledExecutorService timer, Clients clients, Topology topology) {
        this.timer = timer;
        this.clients = clients;
        this.topology = topology;
    }

    /** How many were dispatched since the node started. */
    public long dispatched() {
        return dispatched.sum();
    }

    /** How many wait until a handler can take them. */
    public int waiting() {
        return handlers.stream().mapToInt(QueryHandler::waiting).sum();
    }

    /** How many handlers have, and have not answered yet. */
    public int inFlight() {
        return handlers.stream().mapToInt(QueryHandler::inFlight).sum();
    }

    /** Forgets the handlers of a context that was deleted. */
    public void forget(String context) {
        routers.remove(context);
    }

    private QueryRouter router(String context) {
        return routers.computeIfAbsent(context, name -> new QueryRouter(subscriptionBytes));
    }

    @Override
    public void query(QueryRequest request, StreamObserver<QueryResponse> observer) {
        Names.check("name of a query", request.getQuery());
        Names.check("identifier of a query", request.getMessageIdentifier());
        PendingQuery[] pending = new PendingQuery[1];
        Outbound<QueryResponse> out = Outbound.of(observer, () -> pending[0].abandon());
        out.onReady(() -> pending[0].flush());
        pending[0] = new PendingQuery(request, out);
        long timeoutMs = Instructions.timeoutMs(request.getProcessingInstructionsList(), DEFAULT_TIMEOUT_MS);
        pending[0].timeout(timer.schedule(() -> pending[0].timedOut(timeoutMs), timeoutMs, TimeUnit.MILLISECONDS));
        dispatched.increment();
        router(ContextHeader.current()).dispatch(pending[0]);
    }

    @Override
    public StreamObserver<QueryProviderOutbound> openStream(StreamObserver<QueryProviderInbound> observer) {
        String context = ContextHeader.current();
        return new QueryStream(router(context), topology.announcer(context), observer);
    }

    @Override
    public StreamObserver<SubscriptionQueryRequest> subscription(StreamObserver<SubscriptionQueryResponse> observer) {
        return new SubscriberStream(router(ContextHeader.current()), observer);
    }

    private final class QueryStream extends HandlerStream<QueryProviderOutbound, QueryProviderInbound, QueryHandler> {
        private final QueryRouter router;

        QueryStream(QueryRouter router, Topology.Announcer announcer, StreamObserver<QueryProviderInbound> observer) {
            super(observer, QueryHandler::new, handlers, router::disconnect, announcer, clients);
            this.router = router;
        }

        @Override
        void handle(QueryProviderOutbound message) {
            switch (message.getRequestCase()) {
                case SUBSCRIBE -> {
                    QuerySubscription subscription = message.getSubscribe();
                    identify(subscription.getClientId(), subscription.getComponentName());
                    announcer.query(
                            handler.clientId(),
                            subscription.getComponentName(),
                            subscription.getQuery(),
                            subscription.getResultName());
                    router.subscribe(subscription.getQuery(), handler);
                    subscribed();
                }
                case UNSUBSCRIBE -> {
                    QuerySubscription subscription = message.getUnsubscribe();
                    if (announcer.withdraw(subscription.getQuery(), subscription.getResultName())) {
                        router.unsubscribe(subscription.getQuery(), handler);
                    }
                }
                case FLOW_CONTROL -> handler.permit(message.getFlowControl().getPermits());
                case QUERY_RESPONSE -> handler.answered(message.getQueryResponse());
                case QUERY_COMPLETE ->
                    handler.completed(message.getQueryComplete().getRequestId());
                case SUBSCRIPTION_QUERY_RESPONSE -> router.answered(handler, message.getSubscriptionQueryResponse());
                default -> {
                    // acknowledgements need no answer
                }
            }
        }

        private void identify(String clientId, String component) {
            if (!clientId.isEmpty() && !clientId.equals(handler.clientId())) {
                handler.identify(clientId, component);
            }
        }

        @Override
        String instructionId(QueryProviderOutbound message) {
            return message.getInstructionId();
        }

        @Override
        QueryProviderInbound acknowledgement(InstructionAck acknowledgement) {
            return QueryProviderInbound.newBuilder().setAck(acknowledgement).build();
        }
    }

    private final class SubscriberStream implements StreamObserver<SubscriptionQueryRequest> {
        private final QueryRouter router;
        private final Outbound<SubscriptionQueryResponse> out;
        private volatile Runnable unregister = () -> {};
        private volatile OpenSubscription subscription;
        private long earlyPermits;

        SubscriberStream(QueryRouter router, StreamObserver<SubscriptionQueryResponse> observer) {
            this.router = router;
            out = Outbound.of(observer, this::end);
            unregister = clients.onDrop(out, this::end);
            out.onReady(() -> {
                OpenSubscription open = subscription;
                if (open != null) {
                    open.reads();
                }
            });
        }

        @Override
        @SuppressWarnings("deprecation") // what connectors still send
        public void onNext(SubscriptionQueryRequest request) {
            OpenSubscription open = subscription;
            switch (request.getRequestCase()) {
                case SUBSCRIBE -> subscribe(request);
                case FLOW_CONTROL -> {
                    long permits = request.getFlowControl().getNumberOfPermits();
                    if (open == null) {
                        earlyPermits += Math.min(Math.max(0, permits), Integer.MAX_VALUE);
                    } else {
                        open.permit(permits);
                    }
                }
                case GET_INITIAL_RESULT -> {
                    if (open != null) {
                        requestInitialResult(open, request.getGetInitialResult());
                    }
                }
                case UNSUBSCRIBE -> close();
                default -> {
                    // nothing that a subscriber sends
                }
            }
        }

        private void subscribe(SubscriptionQueryRequest request) {
            OpenSubscription opened = new OpenSubscription(request.getSubscribe(), out, router, earlyPermits);
            if (subscription != null) {
                throw Refusal.invalid("this call has a subscription query open already");
            }
            router.open(opened);
            subscription = opened;
            opened.start(router.handlers(opened.query()));
            if (out.isClosed()) {
                opened.close();
            }
        }

        private void requestInitialResult(OpenSubscription open, SubscriptionQuery request) {
            open.requestInitialResult(request);
            long timeoutMs = Instructions.timeoutMs(
                    open.asked(request).getQueryRequest().getProcessingInstructionsList(), DEFAULT_TIMEOUT_MS);
            open.timeout(timer.schedule(() -> open.timedOut(timeoutMs), timeoutMs, TimeUnit.MILLISECONDS));
        }

        private void close() {
            OpenSubscription open = subscription;
            if (open != null) {
                open.close();
            }
        }

        private void end() {
            close();
            unregister.run();
        }

        @Override
        public void onError(Throwable reason) {
            end();
        }

        @Override
        public void onCompleted() {
            end();
            out.complete();
        }
    }
}
