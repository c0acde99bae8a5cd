package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QuerySubscription;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A handler that leaves just after it was chosen: no test with a real client meets that moment. */
class LeavingHandlerTest {
    private final QueryRouter queries = new QueryRouter();

    @Test
    void aHandlerThatLeftBeforeItWasAddedIsNotAskedForTheInitialResult() {
        Recorder<QueryProviderInbound> stays = new Recorder<>();
        QueryHandler gone = queryHandler("gone", new Recorder<>());
        QueryHandler here = queryHandler("here", stays);
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        OpenSubscription subscription = new OpenSubscription(
                SubscriptionQuery.newBuilder()
                        .setSubscriptionIdentifier("subscription")
                        .setQueryRequest(QueryRequest.newBuilder().setQuery("Find"))
                        .build(),
                subscriber.outbound(),
                queries,
                0);
        queries.open(subscription);
        queries.disconnect(gone);
        subscription.start(List.of(gone, here));
        subscription.requestInitialResult(SubscriptionQuery.getDefaultInstance());

        assertThat(stays.seen)
                .extracting(message -> message.getSubscriptionQueryRequest().getRequestCase())
                .hasToString("[SUBSCRIBE, GET_INITIAL_RESULT]");
        queries.disconnect(here);
        assertThat(subscriber.seen)
                .extracting(SubscriptionQueryResponse::getResponseCase)
                .hasToString("[INITIAL_RESULT, COMPLETE_EXCEPTIONALLY]");
        assertThat(subscriber.seen.get(0).getInitialResult().getErrorCode()).isEqualTo("AXONIQ-5000");
        assertThat(subscriber.ended).isTrue();
    }

    private QueryHandler queryHandler(String name, Recorder<QueryProviderInbound> client) {
        QueryHandler handler = new QueryHandler(client.outbound());
        handler.identify(name, name);
        queries.subscribe(
                QuerySubscription.newBuilder()
                        .setQuery("Find")
                        .setResultName("text")
                        .build(),
                handler);
        return handler;
    }
}
