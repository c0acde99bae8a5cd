package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import io.axoniq.axonserver.grpc.query.QueryFlowControl;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryReference;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One connected stream that handles queries: what waits for its permits, and what it has not completed yet. */
final class QueryHandler {
    /** Whatever a handler permits, it is not sent more than this before it has answered some. */
    private static final int MAX_IN_FLIGHT = 10_000;

    private final Outbound<QueryProviderInbound> out;
    private final WaitingLine<PendingQuery> queue = new WaitingLine<>();
    private final Map<String, PendingQuery> inFlight = new HashMap<>();
    /** How many results of its queries it may send and was not told yet, because it does not read. */
    private final Map<String, Long> untoldPermits = new LinkedHashMap<>();

    private long permits;
    private boolean gone;
    private volatile String clientId = "unknown";
    private volatile String component = "unknown";

    QueryHandler(Outbound<QueryProviderInbound> out) {
        this.out = out;
        out.onReady(this::reads);
    }

    String clientId() {
        return clientId;
    }

    String component() {
        return component;
    }

    void identify(String client, String componentName) {
        clientId = client;
        component = componentName;
    }

    Outbound<QueryProviderInbound> out() {
        return out;
    }

    synchronized boolean isGone() {
        return gone;
    }

    synchronized int waiting() {
        return queue.size();
    }

    synchronized int inFlight() {
        return inFlight.size();
    }

    synchronized void permit(long more) {
        permits = Math.max(0, permits) + Math.min(Math.max(0, more), Integer.MAX_VALUE);
        sendQueued();
    }

    private synchronized void reads() {
        sendPermits();
        sendQueued();
    }

    /** False if this handler is gone, and another one should have the query. */
    boolean dispatch(PendingQuery query) {
        String refusal;
        synchronized (this) {
            if (gone) {
                return false;
            }
            if (query.isDone()) {
                return true;
            }
            if (!queue.hasRoomFor(query)) {
                refusal = "too many requests: " + queue.size() + " queries wait for handler " + clientId;
            } else if (inFlight.containsKey(query.identifier())) {
                refusal = "a query with identifier " + query.identifier() + " is being handled";
            } else {
                refusal = null;
                queue.add(query);
                sendQueued();
            }
        }
        if (refusal != null) {
            query.handlerFailed(this, refusal);
        }
        return true;
    }

    private void sendQueued() {
        while (permits > 0 && !queue.isEmpty() && inFlight.size() < MAX_IN_FLIGHT && out.hasRoom()) {
            PendingQuery next = queue.next();
            QueryRequest request = next.request();
            if (request == null) { // The query is over.
                queue.remove();
                continue;
            }
            if (!out.send(QueryProviderInbound.newBuilder().setQuery(request).build())) {
                return; // It waits in the line for another handler, which gets it as this one leaves.
            }
            queue.remove();
            permits--;
            inFlight.put(next.identifier(), next);
            next.sent(this);
            if (next.isStreaming()) {
                permitResults(next.identifier(), next.window());
            }
        }
    }

    /** Permits so many results more; what a handler that does not read cannot be told yet is added up. */
    synchronized void permitResults(String query, long results) {
        if (inFlight.containsKey(query)) {
            untoldPermits.merge(query, results, Long::sum);
            sendPermits();
        }
    }

    private void sendPermits() {
        Iterator<Map.Entry<String, Long>> untold = untoldPermits.entrySet().iterator();
        while (untold.hasNext() && out.hasRoom()) {
            Map.Entry<String, Long> next = untold.next();
            out.send(QueryProviderInbound.newBuilder()
                    .setQueryFlowControl(QueryFlowControl.newBuilder()
                            .setQueryReference(QueryReference.newBuilder().setRequestId(next.getKey()))
                            .setPermits(next.getValue()))
                    .build());
            untold.remove();
        }
    }

    /** Nobody waits for the query any more; its place is another one's. */
    synchronized void cancel(PendingQuery query) {
        if (!inFlight.remove(query.identifier(), query)) {
            queue.withdraw(query);
            return;
        }
        untoldPermits.remove(query.identifier());
        if (query.isStreaming()) {
            // Whether it reads or not: there is one for each query that it was sent, and those are bounded.
            out.send(QueryProviderInbound.newBuilder()
                    .setQueryCancel(QueryReference.newBuilder().setRequestId(query.identifier()))
                    .build());
        }
        sendQueued();
    }

    /** Sends a subscription query's instruction, not held back by permits; false if the handler has not read enough before. */
    boolean forward(SubscriptionQueryRequest request) {
        return out.offer(QueryProviderInbound.newBuilder()
                .setSubscriptionQueryRequest(request)
                .build());
    }

    void answered(QueryResponse response) {
        PendingQuery query;
        synchronized (this) {
            query = inFlight.get(response.getRequestIdentifier());
        }
        if (query != null) {
            query.answered(this, response);
        }
    }

    void completed(String identifier) {
        PendingQuery query;
        synchronized (this) {
            query = inFlight.remove(identifier);
            untoldPermits.remove(identifier);
            sendQueued();
        }
        if (query != null) {
            query.handlerDone(this);
        }
    }

    /** It does not handle the query any more: what waited is returned so that another one can have it. */
    synchronized List<PendingQuery> unsubscribed(String query) {
        return queue.remove(waiting -> waiting.query().equals(query));
    }

    /** Ends this handler; what it never saw is returned so that another one can have it. */
    List<PendingQuery> disconnect() {
        List<PendingQuery> lost;
        List<PendingQuery> unsent;
        synchronized (this) {
            gone = true;
            lost = new ArrayList<>(inFlight.values());
            unsent = queue.remove(waiting -> true);
            inFlight.clear();
            untoldPermits.clear();
        }
        for (PendingQuery query : lost) {
            query.handlerFailed(this, "connection to handler " + clientId + " lost while it handled the query");
        }
        return unsent;
    }
}
