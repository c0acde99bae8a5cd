package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryUpdateCompleteExceptionally;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;

/** One subscription query: forwards it to every handler, and updates back as far as the subscriber permits. */
final class OpenSubscription {
    private static final String INITIAL_RESULTS_UNREAD = "the subscriber does not read its initial results";

    private final SubscriptionQuery subscription;
    private final Outbound<SubscriptionQueryResponse> subscriber;
    private final QueryRouter router;
    private final Set<QueryHandler> handlers = new LinkedHashSet<>();
    private final Unread<SubscriptionQueryResponse> unread = new Unread<>();
    /** What the subscriber asked and has no answer to; null otherwise. */
    private SubscriptionQuery initialResultWanted;
    /** Who was asked last: no other one's answer counts. */
    private QueryHandler initialResultFrom;

    /** Ends the wait for it. */
    private Future<?> timeout;

    /** What it holds of the subscriber's requests. */
    private long bytes;

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
        bytes = subscription.getSerializedSize();
        this.permits = permits + Math.min(Math.max(0, subscription.getNumberOfPermits()), Integer.MAX_VALUE);
    }

    String identifier() {
        return subscription.getSubscriptionIdentifier();
    }

    String query() {
        return subscription.getQueryRequest().getQuery();
    }

    synchronized long bytes() {
        return bytes;
    }

    void start(Collection<QueryHandler> present) {
        present.forEach(this::addHandler);
        // One that disconnected before it was added will not be removed by anyone else.
        present.stream().filter(QueryHandler::isGone).forEach(this::removeHandler);
        boolean nobodyReads;
        synchronized (this) {
            nobodyReads = !done && handlers.isEmpty() && !present.isEmpty();
        }
        if (nobodyReads) {
            fail(doesNotRead());
        }
    }

    private String doesNotRead() {
        return "too many requests: the handler of subscription query " + query() + " does not read";
    }

    void addHandler(QueryHandler handler) {
        synchronized (this) {
            if (done || !handlers.add(handler)) {
                return;
            }
        }
        if (!handler.forward(
                SubscriptionQueryRequest.newBuilder().setSubscribe(subscription).build())) {
            synchronized (this) {
                handlers.remove(handler);
            }
        }
    }

    void removeHandler(QueryHandler handler) {
        boolean last;
        boolean asked;
        synchronized (this) {
            last = handlers.remove(handler) && handlers.isEmpty();
            asked = handler == initialResultFrom;
        }
        if (asked) {
            askForInitialResult();
        }
        if (last) {
            fail("all handlers of subscription query " + query() + " disconnected");
        }
    }

    /** The handler is about to leave: if it is the last one, it may still answer what it was asked. */
    void handlerUnsubscribed(QueryHandler handler) {
        boolean another;
        synchronized (this) {
            another = handler == initialResultFrom && !candidates().isEmpty();
        }
        if (another) {
            askForInitialResult();
        }
    }

    /** What a request for the initial result asks: what the subscription does, unless it says otherwise. */
    SubscriptionQuery asked(SubscriptionQuery request) {
        return request.hasQueryRequest() ? request : subscription;
    }

    void requestInitialResult(SubscriptionQuery request) {
        boolean hasRoom;
        synchronized (this) {
            if (done) {
                return;
            }
            // Besides the subscription itself the largest request so far is counted, until the end.
            long kept = subscription.getSerializedSize();
            if (request.hasQueryRequest()) {
                kept += request.getSerializedSize();
            }
            long more = Math.max(0, kept - bytes);
            hasRoom = router.count(more);
            if (hasRoom) {
                bytes += more;
                initialResultWanted = asked(request);
            }
        }
        if (hasRoom) {
            askForInitialResult();
        } else {
            refuseInitialResult(ErrorCategory.QUERY_DISPATCH_ERROR, QueryRouter.TOO_MANY_BYTES);
        }
    }

    /** Sets what ends the wait for the initial result that was requested last. */
    synchronized void timeout(Future<?> scheduled) {
        stopTimer();
        timeout = scheduled;
        if (done || initialResultWanted == null) {
            stopTimer();
        }
    }

    private void stopTimer() {
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    void timedOut(long millis) {
        synchronized (this) {
            if (done || initialResultWanted == null) {
                return;
            }
            initialResultWanted = null;
            initialResultFrom = null;
        }
        refuseInitialResult(ErrorCategory.QUERY_DISPATCH_ERROR, "no answer to the query within " + millis + " ms");
    }

    @SuppressWarnings("deprecation") // what connectors still send
    private void askForInitialResult() {
        Set<QueryHandler> doNotRead = new HashSet<>();
        QueryHandler chosen = null;
        SubscriptionQuery wanted;
        do {
            synchronized (this) {
                if (done || initialResultWanted == null || (chosen != null && chosen != initialResultFrom)) {
                    return; // It is over, or another one was asked meanwhile.
                }
                if (chosen != null) {
                    doNotRead.add(chosen);
                }
                List<QueryHandler> candidates = candidates();
                candidates.removeAll(doNotRead);
                chosen = candidates.isEmpty() ? null : router.next(candidates);
                initialResultFrom = chosen;
                wanted = initialResultWanted;
                if (chosen == null) {
                    initialResultWanted = null;
                }
            }
        } while (chosen != null
                && !chosen.forward(SubscriptionQueryRequest.newBuilder()
                        .setGetInitialResult(wanted)
                        .build()));
        if (chosen == null && doNotRead.isEmpty()) {
            refuseInitialResult(ErrorCategory.NO_HANDLER_FOR_QUERY, "no handler for query " + query());
        } else if (chosen == null) {
            refuseInitialResult(ErrorCategory.QUERY_DISPATCH_ERROR, doesNotRead());
        }
    }

    /** Those that know of the subscription and have not unsubscribed from the query since. */
    private List<QueryHandler> candidates() {
        List<QueryHandler> candidates = new ArrayList<>(router.handlers(query()));
        candidates.retainAll(handlers);
        return candidates;
    }

    private void refuseInitialResult(ErrorCategory category, String message) {
        boolean sent = subscriber.offer(SubscriptionQueryResponse.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setSubscriptionIdentifier(identifier())
                .setInitialResult(QueryResponse.newBuilder()
                        .setMessageIdentifier(UUID.randomUUID().toString())
                        .setRequestIdentifier(subscription.getQueryRequest().getMessageIdentifier())
                        .setErrorCode(category.errorCode())
                        .setErrorMessage(Refusal.errorMessage(category, message)))
                .build());
        if (!sent) {
            fail(INITIAL_RESULTS_UNREAD);
        }
    }

    void answered(QueryHandler handler, SubscriptionQueryResponse response) {
        String overflow = null;
        List<QueryHandler> told = null;
        synchronized (this) {
            if (done) {
                return;
            }
            switch (response.getResponseCase()) {
                case INITIAL_RESULT -> {
                    if (handler == initialResultFrom) {
                        initialResultWanted = null;
                        initialResultFrom = null;
                        stopTimer();
                        if (!subscriber.offer(response)) {
                            overflow = INITIAL_RESULTS_UNREAD;
                        }
                    }
                }
                case UPDATE -> {
                    if (unread.hasRoomFor(response) || (unread.isEmpty() && maySend())) {
                        unread.add(response);
                        sendUnread();
                    } else {
                        overflow = unread.isEmpty()
                                ? Room.TAKEN_BY_OTHERS
                                : "the subscriber does not read " + unread.size() + " updates";
                    }
                }
                case COMPLETE, COMPLETE_EXCEPTIONALLY -> {
                    while (!unread.isEmpty()) {
                        subscriber.answer(unread.remove());
                    }
                    told = end();
                    subscriber.send(response);
                }
                default -> {
                    // nothing that a handler sends
                }
            }
        }
        if (overflow != null) {
            fail(overflow);
        } else if (told != null) {
            ended(told);
        }
    }

    synchronized void permit(long more) {
        permits = Math.max(0, permits) + Math.min(Math.max(0, more), Integer.MAX_VALUE);
        sendUnread();
    }

    /** The subscriber has read what it was sent. */
    synchronized void reads() {
        sendUnread();
    }

    private void sendUnread() {
        while (!done && !unread.isEmpty() && maySend()) {
            permits--;
            subscriber.answer(unread.remove());
        }
    }

    private boolean maySend() {
        return permits > 0 && subscriber.hasRoom();
    }

    private void fail(String message) {
        ErrorCategory category = ErrorCategory.QUERY_DISPATCH_ERROR;
        List<QueryHandler> told;
        synchronized (this) {
            if (done) {
                return;
            }
            told = end();
            subscriber.send(SubscriptionQueryResponse.newBuilder()
                    .setMessageIdentifier(UUID.randomUUID().toString())
                    .setSubscriptionIdentifier(identifier())
                    .setCompleteExceptionally(QueryUpdateCompleteExceptionally.newBuilder()
                            .setErrorCode(category.errorCode())
                            .setErrorMessage(Refusal.errorMessage(category, message)))
                    .build());
        }
        ended(told);
    }

    /** Ends the subscription for both sides. */
    void close() {
        List<QueryHandler> told;
        synchronized (this) {
            if (done) {
                return;
            }
            told = end();
        }
        ended(told);
    }

    /** Nothing comes of it any more, and who ends it tells the subscriber so; returns the handlers, which are to be told too. */
    private List<QueryHandler> end() {
        List<QueryHandler> told = List.copyOf(handlers);
        done = true;
        stopTimer();
        handlers.clear();
        unread.clear();
        return told;
    }

    private void ended(List<QueryHandler> told) {
        router.closed(this);
        told.forEach(handler -> handler.forward(SubscriptionQueryRequest.newBuilder()
                .setUnsubscribe(subscription)
                .build()));
        subscriber.complete();
    }
}
