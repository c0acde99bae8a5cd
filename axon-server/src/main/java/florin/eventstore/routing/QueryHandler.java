package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import io.axoniq.axonserver.grpc.query.QueryFlowControl;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryReference;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** One connected stream that handles queries. */
final class QueryHandler extends Handler<PendingQuery, QueryProviderInbound> {
    /** How many results of its queries it may send and was not told yet, because it does not read. */
    private final Map<String, Long> untoldPermits = new LinkedHashMap<>();

    private volatile String component = "unknown";

    QueryHandler(Outbound<QueryProviderInbound> out) {
        super(out, "query", "queries");
    }

    String component() {
        return component;
    }

    void identify(String client, String componentName) {
        clientId(client);
        component = componentName;
    }

    @Override
    synchronized void reads() {
        sendPermits();
        super.reads();
    }

    @Override
    QueryProviderInbound message(PendingQuery query) {
        QueryRequest request = query.request();
        return request == null
                ? null
                : QueryProviderInbound.newBuilder().setQuery(request).build();
    }

    @Override
    void sent(PendingQuery query) {
        query.sent(this);
        if (query.isStreaming()) {
            permitResults(query.identifier(), query.window());
        }
    }

    @Override
    void failed(PendingQuery query, String reason) {
        query.handlerFailed(this, reason);
    }

    /** Permits so many results more; what a handler that does not read cannot be told yet is added up. */
    synchronized void permitResults(String query, long results) {
        if (inFlight(query) != null) {
            untoldPermits.merge(query, results, Long::sum);
            sendPermits();
        }
    }

    private void sendPermits() {
        Iterator<Map.Entry<String, Long>> untold = untoldPermits.entrySet().iterator();
        while (untold.hasNext() && out().hasRoom()) {
            Map.Entry<String, Long> next = untold.next();
            out().send(QueryProviderInbound.newBuilder()
                    .setQueryFlowControl(QueryFlowControl.newBuilder()
                            .setQueryReference(QueryReference.newBuilder().setRequestId(next.getKey()))
                            .setPermits(next.getValue()))
                    .build());
            untold.remove();
        }
    }

    /** Nobody waits for the query any more; its place is another one's. */
    synchronized void cancel(PendingQuery query) {
        if (!forget(query)) {
            return;
        }
        untoldPermits.remove(query.identifier());
        if (query.isStreaming()) {
            // Whether it reads or not: there is one for each query that it was sent, and those are bounded.
            out().send(QueryProviderInbound.newBuilder()
                    .setQueryCancel(QueryReference.newBuilder().setRequestId(query.identifier()))
                    .build());
        }
    }

    /** Sends a subscription query's instruction, not held back by permits; false if the handler has not read enough before. */
    boolean forward(SubscriptionQueryRequest request) {
        return out().offer(QueryProviderInbound.newBuilder()
                .setSubscriptionQueryRequest(request)
                .build());
    }

    void answered(QueryResponse response) {
        PendingQuery query = inFlight(response.getRequestIdentifier());
        if (query != null) {
            query.answered(this, response);
        }
    }

    void completed(String identifier) {
        PendingQuery query;
        synchronized (this) {
            untoldPermits.remove(identifier);
            query = complete(identifier);
        }
        if (query != null) {
            query.handlerDone(this);
        }
    }
}
