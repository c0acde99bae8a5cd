package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Recorder;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryUpdate;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What the node keeps of queries, their results and subscription queries. All large messages here share their content. */
class QueryBoundsTest {
    private static final SerializedObject LARGE = SerializedObject.newBuilder()
            .setData(ByteString.copyFrom(new byte[10 << 20]))
            .build();

    private final QueryRouter queries = new QueryRouter(new AtomicLong());

    @Test
    void resultsThatTheSenderDoesNotReadAreBoundedInBytes() {
        QueryHandler handler = handler("handler", new Recorder<>());
        handler.permit(1);
        Recorder<QueryResponse> sender = new Recorder<>();
        PendingQuery query = new PendingQuery(query("query"), sender.outbound());
        queries.dispatch(query);
        sender.reads = false;
        for (int i = 0; i < 3; i++) {
            handler.answered(largeResult());
        }
        sender.reads = true;
        query.flush();
        sender.reads = false;
        for (int i = 0; i < 3; i++) {
            handler.answered(largeResult());
        }
        assertThat(sender.seen).hasSize(3);

        handler.answered(largeResult());

        assertThat(sender.seen).hasSize(4);
        assertThat(sender.seen.get(3).getErrorCode()).isEqualTo("AXONIQ-5002");
        assertThat(sender.seen.get(3).getErrorMessage().getMessage()).contains("the sender does not read 3 results");
        assertThat(sender.ended).isTrue();
    }

    @Test
    void theContentOfAQueryIsForgottenWhenNoHandlerIsToBeSentItAnyMore() {
        QueryHandler leaves = handler("leaves", new Recorder<>());
        QueryHandler reads = handler("reads", new Recorder<>());
        reads.permit(1);
        PendingQuery query = new PendingQuery(
                query("query").toBuilder()
                        .addProcessingInstructions(ProcessingInstruction.newBuilder()
                                .setKey(ProcessingKey.NR_OF_RESULTS)
                                .setValue(MetaDataValue.newBuilder().setNumberValue(-1)))
                        .build(),
                new Recorder<QueryResponse>().outbound());
        queries.dispatch(query);
        assertThat(query.request()).isNotNull();

        queries.disconnect(leaves);

        assertThat(query.isDone()).isFalse();
        assertThat(query.request()).isNull();
    }

    @Test
    void theContentOfAQueryThatNobodyWaitsForIsForgotten() {
        QueryHandler handler = handler("handler", new Recorder<>());
        PendingQuery query = new PendingQuery(query("query"), new Recorder<QueryResponse>().outbound());
        queries.dispatch(query);

        query.abandon();

        assertThat(query.request()).isNull();
        assertThat(handler.waiting()).isZero();
    }

    @Test
    void aHandlerThatDoesNotReadIsToldOfItsPermitsWhenItReads() {
        int answers = 100_000;
        String identifier = "q".repeat(4000);
        Recorder<QueryProviderInbound> client = new Recorder<>();
        QueryHandler handler = handler("handler", client);
        handler.permit(1);
        PendingQuery query = new PendingQuery(
                query(identifier).toBuilder()
                        .addProcessingInstructions(ProcessingInstruction.newBuilder()
                                .setKey(ProcessingKey.CLIENT_SUPPORTS_STREAMING)
                                .setValue(MetaDataValue.newBuilder().setBooleanValue(true)))
                        .build(),
                new Recorder<QueryResponse>().outbound());
        queries.dispatch(query);
        client.reads = false;
        for (int i = 0; i < answers; i++) {
            handler.answered(
                    QueryResponse.newBuilder().setRequestIdentifier(identifier).build());
        }
        assertThat(client.seen.stream()
                        .mapToLong(QueryProviderInbound::getSerializedSize)
                        .sum())
                .isBetween(4L << 20, 5L << 20);

        client.reads = true;
        client.onReady.run();

        assertThat(client.seen.stream()
                        .mapToLong(message -> message.getQueryFlowControl().getPermits())
                        .sum())
                .isEqualTo(query.window() + answers);
    }

    @Test
    void openSubscriptionQueriesAreBoundedInBytes() {
        Deque<OpenSubscription> open = new ArrayDeque<>();
        long count = QueryRouter.MAX_SUBSCRIPTION_BYTES
                / largeSubscription("subscription 0", new Recorder<>()).bytes();
        for (int i = 0; i < count; i++) {
            open.add(largeSubscription("subscription " + i, new Recorder<>()));
            queries.open(open.getLast());
        }
        OpenSubscription another = largeSubscription("another", new Recorder<>());
        assertThatThrownBy(() -> queries.open(another))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("subscription queries that are open hold");

        open.remove().close();

        assertThatCode(() -> queries.open(another)).doesNotThrowAnyException();
    }

    /** To go through all of them each time would take a minute. */
    @Test
    void toSubscribeCostsLittleHoweverManySubscriptionQueriesAreOpen() {
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        for (int i = 0; i < 100_000; i++) {
            queries.open(new OpenSubscription(
                    SubscriptionQuery.newBuilder()
                            .setSubscriptionIdentifier("subscription " + i)
                            .setQueryRequest(QueryRequest.newBuilder().setQuery("Other " + i % 1000))
                            .build(),
                    subscriber.outbound(),
                    queries,
                    0));
        }
        QueryHandler handler = new QueryHandler(new Recorder<QueryProviderInbound>().outbound());

        assertTimeout(Duration.ofSeconds(10), () -> {
            for (int i = 0; i < 10_000; i++) {
                queries.subscribe("Find " + i, handler);
                queries.unsubscribe("Find " + i, handler);
            }
        });
    }

    @Test
    void aSubscriptionQueryThatIsClosedIsForgotten() {
        OpenSubscription closed = largeSubscription("subscription", new Recorder<>());
        queries.open(closed);
        closed.close();
        Recorder<QueryProviderInbound> client = new Recorder<>();

        handler("handler", client);

        assertThat(client.seen).isEmpty();
    }

    @Test
    void whatIsAskedForTheInitialResultIsCountedToo() {
        handler("handler", new Recorder<>());
        AtomicLong bytes = new AtomicLong();
        QueryRouter counting = new QueryRouter(bytes);
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        OpenSubscription subscription = new OpenSubscription(
                SubscriptionQuery.newBuilder()
                        .setSubscriptionIdentifier("subscription")
                        .setQueryRequest(query("query"))
                        .build(),
                subscriber.outbound(),
                counting,
                0);
        counting.open(subscription);
        SubscriptionQuery request = SubscriptionQuery.newBuilder()
                .setQueryRequest(query("query").toBuilder().setPayload(LARGE))
                .build();
        subscription.requestInitialResult(request);
        subscription.requestInitialResult(request);
        assertThat(bytes.get()).isBetween((long) request.getSerializedSize(), request.getSerializedSize() + 100L);

        subscription.close();

        assertThat(bytes).hasValue(0);
        bytes.set(QueryRouter.MAX_SUBSCRIPTION_BYTES - 100);
        OpenSubscription refused = new OpenSubscription(
                SubscriptionQuery.newBuilder()
                        .setSubscriptionIdentifier("small")
                        .build(),
                subscriber.outbound(),
                counting,
                0);
        counting.open(refused);
        subscriber.seen.clear();
        refused.requestInitialResult(request);
        assertThat(subscriber.seen)
                .extracting(response -> response.getInitialResult().getErrorCode())
                .containsExactly("AXONIQ-5002");
    }

    @Test
    void initialResultsThatTheSubscriberDoesNotReadAreBoundedInBytes() {
        QueryHandler handler = handler("handler", new Recorder<>());
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        OpenSubscription subscription = largeSubscription("subscription", subscriber);
        queries.open(subscription);
        subscription.start(List.of(handler));
        subscriber.reads = false;
        for (int i = 0; i < 5; i++) {
            subscription.requestInitialResult(SubscriptionQuery.getDefaultInstance());
            queries.answered(
                    handler,
                    SubscriptionQueryResponse.newBuilder()
                            .setSubscriptionIdentifier("subscription")
                            .setInitialResult(largeResult())
                            .build());
        }
        assertThat(subscriber.seen)
                .extracting(SubscriptionQueryResponse::getResponseCase)
                .hasToString(
                        "[INITIAL_RESULT, INITIAL_RESULT, INITIAL_RESULT, INITIAL_RESULT, COMPLETE_EXCEPTIONALLY]");
        assertThat(subscriber.seen.get(4).getCompleteExceptionally().getErrorCode())
                .isEqualTo("AXONIQ-5002");
        subscriber.onClose.run();
    }

    @Test
    void updatesThatTheSubscriberDoesNotPermitAreBoundedInBytes() {
        QueryHandler handler = handler("handler", new Recorder<>());
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        OpenSubscription subscription = largeSubscription("subscription", subscriber);
        queries.open(subscription);
        subscription.start(List.of(handler));
        for (int i = 0; i < 3; i++) {
            queries.answered(handler, largeUpdate());
        }
        assertThat(subscriber.seen).isEmpty();

        queries.answered(handler, largeUpdate());

        assertThat(subscriber.seen)
                .extracting(SubscriptionQueryResponse::getCompleteExceptionally)
                .singleElement()
                .satisfies(end -> {
                    assertThat(end.getErrorCode()).isEqualTo("AXONIQ-5002");
                    assertThat(end.getErrorMessage().getMessage()).contains("the subscriber does not read 3 updates");
                });
        assertThat(subscriber.ended).isTrue();
    }

    private static SubscriptionQueryResponse largeUpdate() {
        return SubscriptionQueryResponse.newBuilder()
                .setSubscriptionIdentifier("subscription")
                .setUpdate(QueryUpdate.newBuilder().setPayload(LARGE))
                .build();
    }

    private static QueryRequest query(String identifier) {
        return QueryRequest.newBuilder()
                .setQuery("Find")
                .setMessageIdentifier(identifier)
                .build();
    }

    private static QueryResponse largeResult() {
        return QueryResponse.newBuilder()
                .setRequestIdentifier("query")
                .setPayload(LARGE)
                .build();
    }

    private OpenSubscription largeSubscription(String identifier, Recorder<SubscriptionQueryResponse> subscriber) {
        return new OpenSubscription(
                SubscriptionQuery.newBuilder()
                        .setSubscriptionIdentifier(identifier)
                        .setQueryRequest(query("query").toBuilder().setPayload(LARGE))
                        .build(),
                subscriber.outbound(),
                queries,
                0);
    }

    private QueryHandler handler(String component, Recorder<QueryProviderInbound> client) {
        QueryHandler handler = new QueryHandler(client.outbound());
        handler.identify(component, component);
        queries.subscribe("Find", handler);
        return handler;
    }
}
