package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryUpdateComplete;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A subscription query at two handlers. */
class OpenSubscriptionTest {
    private static final SubscriptionQuery QUERY = SubscriptionQuery.newBuilder()
            .setSubscriptionIdentifier("subscription")
            .setQueryRequest(QueryRequest.newBuilder().setQuery("Find"))
            .build();
    private static final SubscriptionQueryResponse COMPLETE = SubscriptionQueryResponse.newBuilder()
            .setSubscriptionIdentifier("subscription")
            .setComplete(QueryUpdateComplete.getDefaultInstance())
            .build();

    private final QueryRouter queries = new QueryRouter(new AtomicLong());
    private final List<Recorder<QueryProviderInbound>> clients = List.of(new Recorder<>(), new Recorder<>());
    private final List<QueryHandler> handlers =
            clients.stream().map(client -> new QueryHandler(client.outbound())).toList();

    @Test
    void whenBothHandlersCompleteItAtOnceTheSubscriberIsToldOnce() {
        handlers.forEach(handler -> queries.subscribe("Find", handler));
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>() {
            @Override
            public void onNext(SubscriptionQueryResponse response) {
                super.onNext(response);
                if (seen.size() == 1) {
                    queries.answered(handlers.get(1), COMPLETE);
                }
            }
        };
        OpenSubscription open = new OpenSubscription(QUERY, subscriber.outbound(), queries, 0);
        queries.open(open);
        open.start(handlers);

        queries.answered(handlers.get(0), COMPLETE);

        assertThat(subscriber.seen).containsExactly(COMPLETE);
        assertThat(subscriber.ended).isTrue();
        assertThat(clients).allSatisfy(client -> assertThat(requests(client)).containsExactly(false, true));
    }

    /** Of each what it was told of the query: whether that it is over. */
    private static Stream<Boolean> requests(Recorder<QueryProviderInbound> client) {
        return client.seen.stream()
                .map(message -> message.getSubscriptionQueryRequest().hasUnsubscribe());
    }
}
