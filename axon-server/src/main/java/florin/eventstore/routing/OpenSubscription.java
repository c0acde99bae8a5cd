package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryUpdateCompleteExceptionally;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** One subscription query: forwards it to every handler, and updates back as far as the subscriber permits. */
final class OpenSubscription {
    private static final int MAX_BUFFERED = 10_000;

    private final SubscriptionQuery subscription;
    private final Outbound<SubscriptionQueryResponse> subscriber;
    private final QueryRouter router;
    private final Set<QueryHandler> handlers = new LinkedHashSet<>();
    private final Deque<SubscriptionQueryResponse> buffered = new ArrayDeque<>();
    private QueryHandler initialResultFrom;
    private boolean initialResultSent;
    private long permits;
    private boolean done;

    OpenSubscription(
            SubscriptionQuery subscription,
            Outbound<SubscriptionQueryResponse> subscriber,
            QueryRouter router,
            long permits) {
        this.subscription = subscription;
        this.subscriber = subscriber;
        this.router = router;
        this.permits = permits + Math.min(Math.max(0, subscription.getNumberOfPermits()), Integer.MAX_VALUE);
    }

    String identifier() {
        return subscription.getSubscriptionIdentifier();
    }

    String query() {
        return subscription.getQueryRequest().getQuery();
    }

    void start(Collection<QueryHandler> present) {
        present.forEach(this::addHandler);
    }

    void addHandler(QueryHandler handler) {
        synchronized (this) {
            if (done || !handlers.add(handler)) {
                return;
            }
        }
        handler.forward(
                SubscriptionQueryRequest.newBuilder().setSubscribe(subscription).build());
    }

    void removeHandler(QueryHandler handler) {
        boolean last;
        synchronized (this) {
            last = handlers.remove(handler) && handlers.isEmpty();
        }
        if (last) {
            fail("all handlers of subscription query " + query() + " disconnected");
        }
    }

    @SuppressWarnings("deprecation") // what connectors still send
    void requestInitialResult(SubscriptionQuery request) {
        QueryHandler chosen = null;
        synchronized (this) {
            if (!handlers.isEmpty()) {
                chosen = router.next(handlers);
                initialResultFrom = chosen;
            }
        }
        if (chosen == null) {
            subscriber.send(SubscriptionQueryResponse.newBuilder()
                    .setMessageIdentifier(UUID.randomUUID().toString())
                    .setSubscriptionIdentifier(identifier())
                    .setInitialResult(QueryResponse.newBuilder()
                            .setMessageIdentifier(UUID.randomUUID().toString())
                            .setRequestIdentifier(subscription.getQueryRequest().getMessageIdentifier())
                            .setErrorCode(ErrorCategory.NO_HANDLER_FOR_QUERY.errorCode())
                            .setErrorMessage(Refusal.errorMessage(
                                    ErrorCategory.NO_HANDLER_FOR_QUERY, "no handler for query " + query())))
                    .build());
            return;
        }
        SubscriptionQuery full = request.hasQueryRequest() ? request : subscription;
        chosen.forward(
                SubscriptionQueryRequest.newBuilder().setGetInitialResult(full).build());
    }

    void answered(QueryHandler handler, SubscriptionQueryResponse response) {
        boolean overflow = false;
        boolean finish = false;
        synchronized (this) {
            if (done) {
                return;
            }
            switch (response.getResponseCase()) {
                case INITIAL_RESULT -> {
                    if (!initialResultSent && handler == initialResultFrom) {
                        initialResultSent = true;
                        subscriber.send(response);
                    }
                }
                case UPDATE -> {
                    overflow = buffered.size() >= MAX_BUFFERED;
                    if (!overflow) {
                        buffered.add(response);
                        sendBuffered();
                    }
                }
                case COMPLETE, COMPLETE_EXCEPTIONALLY -> {
                    buffered.forEach(subscriber::send);
                    buffered.clear();
                    subscriber.send(response);
                    finish = true;
                }
                default -> {
                    // nothing that a handler sends
                }
            }
        }
        if (overflow) {
            fail("the subscriber does not read " + MAX_BUFFERED + " updates");
        } else if (finish) {
            close();
        }
    }

    synchronized void permit(long more) {
        permits = Math.max(0, permits) + Math.min(Math.max(0, more), Integer.MAX_VALUE);
        sendBuffered();
    }

    private void sendBuffered() {
        while (!done && permits > 0 && !buffered.isEmpty()) {
            permits--;
            subscriber.send(buffered.poll());
        }
    }

    private void fail(String message) {
        ErrorCategory category = ErrorCategory.QUERY_DISPATCH_ERROR;
        subscriber.send(SubscriptionQueryResponse.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setSubscriptionIdentifier(identifier())
                .setCompleteExceptionally(QueryUpdateCompleteExceptionally.newBuilder()
                        .setErrorCode(category.errorCode())
                        .setErrorMessage(Refusal.errorMessage(category, message)))
                .build());
        close();
    }

    /** Ends the subscription for both sides. */
    void close() {
        List<QueryHandler> told;
        synchronized (this) {
            if (done) {
                return;
            }
            done = true;
            told = List.copyOf(handlers);
            handlers.clear();
            buffered.clear();
        }
        router.closed(this);
        told.forEach(handler -> handler.forward(SubscriptionQueryRequest.newBuilder()
                .setUnsubscribe(subscription)
                .build()));
        subscriber.complete();
    }
}
