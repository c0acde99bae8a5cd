package florin.eventstore.routing;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Knows who handles which query in one context, and which subscription queries are open. */
final class QueryRouter {
    private static final int MAX_SUBSCRIPTIONS = 100_000;
    /** Of what subscribers asked, of all contexts together: an eighth of the heap. */
    static final long MAX_SUBSCRIPTION_BYTES = Runtime.getRuntime().maxMemory() / 8;

    static final String TOO_MANY_BYTES =
            "too many requests: subscription queries that are open hold " + MAX_SUBSCRIPTION_BYTES + " bytes already";

    /** Who handles a query, in the order of subscribing. Immutable lists. */
    private final Map<String, List<QueryHandler>> routes = new ConcurrentHashMap<>();

    private final Map<String, OpenSubscription> subscriptions = new ConcurrentHashMap<>();
    /** The same by the names of their queries. */
    private final Map<String, Set<OpenSubscription>> subscriptionsByQuery = new ConcurrentHashMap<>();

    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicLong subscriptionBytes;

    /**
     * @param subscriptionBytes what the open subscription queries of all contexts hold
     */
    QueryRouter(AtomicLong subscriptionBytes) {
        this.subscriptionBytes = subscriptionBytes;
    }

    void subscribe(String query, QueryHandler handler) {
        boolean[] isNew = new boolean[1];
        routes.compute(query, (name, present) -> {
            List<QueryHandler> handlers = new ArrayList<>(present == null ? List.of() : present);
            isNew[0] = !handlers.contains(handler);
            if (isNew[0]) {
                handlers.add(handler);
            }
            return List.copyOf(handlers);
        });
        if (isNew[0]) {
            openFor(query).forEach(open -> open.addHandler(handler));
        }
    }

    void unsubscribe(String query, QueryHandler handler) {
        remove(query, handler);
        handler.unsubscribed(query).forEach(pending -> dispatchToAnother(pending, handler));
        openFor(query).forEach(open -> open.handlerUnsubscribed(handler));
    }

    private Set<OpenSubscription> openFor(String query) {
        return subscriptionsByQuery.getOrDefault(query, Set.of());
    }

    void disconnect(QueryHandler handler) {
        routes.keySet().forEach(query -> remove(query, handler));
        handler.disconnect().forEach(query -> dispatchToAnother(query, handler));
        subscriptions.values().forEach(open -> open.removeHandler(handler));
    }

    private void remove(String query, QueryHandler handler) {
        routes.computeIfPresent(query, (name, present) -> {
            List<QueryHandler> others = new ArrayList<>(present);
            others.remove(handler);
            return others.isEmpty() ? null : List.copyOf(others);
        });
    }

    List<QueryHandler> handlers(String query) {
        return routes.getOrDefault(query, List.of());
    }

    void dispatch(PendingQuery pending) {
        List<QueryHandler> handlers = handlers(pending.name());
        if (handlers.isEmpty()) {
            refuse(pending);
            return;
        }
        Collection<QueryHandler> chosen = pending.isScatter() ? onePerComponent(handlers) : List.of(next(handlers));
        pending.await(chosen);
        chosen.forEach(handler -> dispatch(pending, handler));
    }

    private void dispatch(PendingQuery pending, QueryHandler handler) {
        if (!handler.dispatch(pending)) {
            remove(pending.name(), handler);
            dispatchToAnother(pending, handler);
        } else if (!handlers(pending.name()).contains(handler)) {
            // It unsubscribed after it was chosen, and nobody else takes the query from its line.
            handler.unsubscribed(pending.name()).forEach(query -> dispatchToAnother(query, handler));
        }
    }

    /** The handler left before it was sent the query; of a scatter-gather query its component's part remains. */
    private void dispatchToAnother(PendingQuery pending, QueryHandler left) {
        List<QueryHandler> others = new ArrayList<>(handlers(pending.name()));
        if (pending.isScatter()) {
            others.removeIf(other -> !other.component().equals(left.component()));
        }
        if (!others.isEmpty()) {
            QueryHandler other = next(others);
            if (pending.replace(left, other)) {
                dispatch(pending, other);
            }
        } else if (pending.isScatter()) {
            pending.handlerDone(left);
        } else {
            refuse(pending);
        }
    }

    private static void refuse(PendingQuery pending) {
        pending.fail(ErrorCategory.NO_HANDLER_FOR_QUERY, "no handler for query " + pending.name());
    }

    QueryHandler next(List<QueryHandler> handlers) {
        return handlers.get(Math.floorMod(turn.getAndIncrement(), handlers.size()));
    }

    /** Instances of one component give the same answer, so a scatter-gather query asks one of each. */
    private Collection<QueryHandler> onePerComponent(Collection<QueryHandler> handlers) {
        Map<String, List<QueryHandler>> byComponent = new LinkedHashMap<>();
        handlers.forEach(handler -> byComponent
                .computeIfAbsent(handler.component(), name -> new ArrayList<>())
                .add(handler));
        List<QueryHandler> chosen = new ArrayList<>();
        byComponent.values().forEach(instances -> chosen.add(next(instances)));
        return chosen;
    }

    /** Its bytes are counted until it is {@link #closed}. */
    void open(OpenSubscription subscription) {
        if (subscriptions.size() >= MAX_SUBSCRIPTIONS) {
            throw tooMany(MAX_SUBSCRIPTIONS + " subscription queries are open already");
        }
        if (!count(subscription.bytes())) {
            throw tooMany(TOO_MANY_BYTES);
        }
        if (subscriptions.putIfAbsent(subscription.identifier(), subscription) != null) {
            subscriptionBytes.addAndGet(-subscription.bytes());
            throw tooMany("the subscription identifier is in use");
        }
        subscriptionsByQuery.compute(subscription.query(), (query, present) -> {
            Set<OpenSubscription> open = present == null ? ConcurrentHashMap.newKeySet() : present;
            open.add(subscription);
            return open;
        });
    }

    private static Refusal tooMany(String message) {
        return Refusal.tooManyRequests(ErrorCategory.QUERY_DISPATCH_ERROR, message);
    }

    /** False if open subscription queries hold too much for so many bytes more, which are not counted then. */
    boolean count(long more) {
        if (subscriptionBytes.addAndGet(more) <= MAX_SUBSCRIPTION_BYTES) {
            return true;
        }
        subscriptionBytes.addAndGet(-more);
        return false;
    }

    void closed(OpenSubscription subscription) {
        if (subscriptions.remove(subscription.identifier(), subscription)) {
            subscriptionBytes.addAndGet(-subscription.bytes());
            subscriptionsByQuery.computeIfPresent(subscription.query(), (query, open) -> {
                open.remove(subscription);
                return open.isEmpty() ? null : open;
            });
        }
    }

    void answered(QueryHandler handler, SubscriptionQueryResponse response) {
        OpenSubscription subscription = subscriptions.get(response.getSubscriptionIdentifier());
        if (subscription != null) {
            subscription.answered(handler, response);
        }
    }
}
