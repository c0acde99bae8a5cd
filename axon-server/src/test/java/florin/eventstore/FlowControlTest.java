package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.PayloadDescription;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryProviderOutbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.query.QuerySubscription;
import io.axoniq.axonserver.grpc.query.QueryUpdate;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryRequest;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.Open;
import io.axoniq.axonserver.grpc.streams.PersistentStreamServiceGrpc;
import io.axoniq.axonserver.grpc.streams.Requests;
import io.axoniq.axonserver.grpc.streams.StreamRequest;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What its client has permitted, and not excluded, is sent on each stream, and not one message more. */
class FlowControlTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int EVENTS = 20;

    @TempDir
    private Path data;

    private NodeFixture fixture;
    private AxonServerConnection client;
    private ManagedChannel channel;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        client = fixture.connect("client");
        channel = NettyChannelBuilder.forAddress("127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        fixture.close();
    }

    @Test
    void aReaderIsSentAsManyEventsAsItPermits() throws Exception {
        appendEvents();
        Received<EventWithToken> received = new Received<>();
        StreamObserver<GetEventsRequest> reader =
                EventStoreGrpc.newStub(channel).listEvents(received);
        reader.onNext(GetEventsRequest.newBuilder()
                .setTrackingToken(2)
                .setNumberOfPermits(5)
                .build());
        received.untilThereAre(5);
        append(client, event("", 0, "one more, of which the reader's stream is told"));
        reader.onNext(GetEventsRequest.newBuilder().setNumberOfPermits(3).build());
        received.untilThereAre(8);
        reader.onCompleted();

        assertThat(received.all()).extracting(EventWithToken::getToken).containsExactly(tokens(2, 10));
    }

    @Test
    void eventsOfExcludedTypesAreLeftOutButForOneInAThousand() throws Exception {
        Event[] events = new Event[2503];
        for (int i = 0; i < events.length; i++) {
            events[i] = event("", 0, "event " + i).toBuilder()
                    .setPayload(payload("x").toBuilder().setType(i == 0 || i == 2502 ? "wanted" : "excluded"))
                    .build();
        }
        SerializedObject ofAnotherRevision =
                events[7].getPayload().toBuilder().setRevision("2").build();
        events[7] = events[7].toBuilder().setPayload(ofAnotherRevision).build();
        append(client, events);
        Received<EventWithToken> received = new Received<>();
        StreamObserver<GetEventsRequest> reader =
                EventStoreGrpc.newStub(channel).listEvents(received);
        reader.onNext(GetEventsRequest.newBuilder()
                .setNumberOfPermits(Long.MAX_VALUE)
                .addBlacklist(PayloadDescription.newBuilder().setType("excluded"))
                .build());
        received.untilThereAre(5);
        reader.onCompleted();

        assertThat(received.all()).extracting(EventWithToken::getToken).containsExactly(0L, 7L, 1007L, 2007L, 2502L);
    }

    @Test
    void aSegmentOfAPersistentStreamGetsAsManyEventsAsWereRequestedForIt() throws Exception {
        appendEvents();
        Received<StreamSignal> received = new Received<>();
        StreamObserver<StreamRequest> reader =
                PersistentStreamServiceGrpc.newStub(channel).openStream(received);
        reader.onNext(StreamRequest.newBuilder()
                .setOpen(Open.newBuilder()
                        .setStreamId("stream")
                        .setClientId("reader")
                        .setInitializationProperties(
                                InitializationProperties.newBuilder().setSegments(1)))
                .build());
        received.untilThereAre(1);
        reader.onNext(request(5));
        received.untilThereAre(6);
        append(client, event("", 0, "one more, of which the segment is told"));
        reader.onNext(request(3));
        received.untilThereAre(9);
        reader.onCompleted();

        assertThat(received.all())
                .filteredOn(StreamSignal::hasEvent)
                .extracting(signal -> signal.getEvent().getEvent().getToken())
                .containsExactly(tokens(0, 8));
    }

    private static StreamRequest request(int events) {
        return StreamRequest.newBuilder()
                .setRequests(Requests.newBuilder().setRequests(events))
                .build();
    }

    @Test
    void aHandlerIsSentAsManyCommandsAsItPermits() {
        Received<CommandProviderInbound> received = new Received<>();
        StreamObserver<CommandProviderOutbound> handler =
                CommandServiceGrpc.newStub(channel).openStream(received);
        handler.onNext(CommandProviderOutbound.newBuilder()
                .setSubscribe(
                        CommandSubscription.newBuilder().setClientId("handler").setCommand("Greet"))
                .setInstructionId("subscribed")
                .build());
        received.untilThereAre(1);
        for (int i = 0; i < 5; i++) {
            var unused = client.commandChannel()
                    .sendCommand(Command.newBuilder().setName("Greet").build());
        }
        for (int permitted = 1; permitted <= 3; permitted++) {
            handler.onNext(CommandProviderOutbound.newBuilder()
                    .setFlowControl(
                            FlowControl.newBuilder().setClientId("handler").setPermits(1))
                    .build());
            received.untilThereAre(1 + permitted);
            untilActiveAndQueued("commands", permitted, 5 - permitted);
        }
        assertThat(received.messages).hasSize(4);
    }

    @Test
    void aHandlerIsSentAsManyQueriesAsItPermits() {
        Received<QueryProviderInbound> received = new Received<>();
        StreamObserver<QueryProviderOutbound> handler = queryHandler(received);
        for (int i = 0; i < 5; i++) {
            client.queryChannel()
                    .query(QueryRequest.newBuilder()
                            .setMessageIdentifier("query " + i)
                            .setQuery("Find")
                            .build());
        }
        for (int permitted = 1; permitted <= 3; permitted++) {
            handler.onNext(QueryProviderOutbound.newBuilder()
                    .setFlowControl(
                            FlowControl.newBuilder().setClientId("handler").setPermits(1))
                    .build());
            received.untilThereAre(1 + permitted);
            untilActiveAndQueued("queries", permitted, 5 - permitted);
        }
        assertThat(received.messages).hasSize(4);
    }

    @Test
    void aSubscriberIsSentAsManyUpdatesAsItPermits() {
        Received<QueryProviderInbound> toHandler = new Received<>();
        StreamObserver<QueryProviderOutbound> handler = queryHandler(toHandler);
        Received<SubscriptionQueryResponse> received = new Received<>();
        StreamObserver<SubscriptionQueryRequest> subscriber =
                QueryServiceGrpc.newStub(channel).subscription(received);
        subscriber.onNext(SubscriptionQueryRequest.newBuilder()
                .setSubscribe(SubscriptionQuery.newBuilder()
                        .setSubscriptionIdentifier("subscription")
                        .setNumberOfPermits(2)
                        .setQueryRequest(QueryRequest.newBuilder().setQuery("Find")))
                .build());
        toHandler.untilThereAre(2);
        for (int i = 0; i < 5; i++) {
            handler.onNext(QueryProviderOutbound.newBuilder()
                    .setSubscriptionQueryResponse(SubscriptionQueryResponse.newBuilder()
                            .setMessageIdentifier("update " + i)
                            .setSubscriptionIdentifier("subscription")
                            .setUpdate(QueryUpdate.getDefaultInstance()))
                    .setInstructionId("told")
                    .build());
        }
        toHandler.untilThereAre(7); // The node has taken all updates.
        received.untilThereAre(2);
        subscriber.onNext(SubscriptionQueryRequest.newBuilder()
                .setFlowControl(SubscriptionQuery.newBuilder().setNumberOfPermits(1))
                .build());
        received.untilThereAre(3);
        subscriber.onCompleted();

        assertThat(received.all())
                .extracting(SubscriptionQueryResponse::getMessageIdentifier)
                .containsExactly("update 0", "update 1", "update 2");
    }

    private StreamObserver<QueryProviderOutbound> queryHandler(Received<QueryProviderInbound> received) {
        StreamObserver<QueryProviderOutbound> handler =
                QueryServiceGrpc.newStub(channel).openStream(received);
        handler.onNext(QueryProviderOutbound.newBuilder()
                .setSubscribe(QuerySubscription.newBuilder()
                        .setClientId("handler")
                        .setQuery("Find")
                        .setResultName("text"))
                .setInstructionId("subscribed")
                .build());
        received.untilThereAre(1);
        return handler;
    }

    private void untilActiveAndQueued(String kind, int active, int queued) {
        await().atMost(PATIENCE)
                .until(() -> fixture.metric("axon_" + kind + "_saturation_active_count") == active
                        && fixture.metric("axon_" + kind + "_saturation_queued_count") == queued);
    }

    private void appendEvents() throws Exception {
        Event[] events = new Event[EVENTS];
        for (int i = 0; i < EVENTS; i++) {
            events[i] = event("", 0, "event " + i);
        }
        append(client, events);
    }

    private static Long[] tokens(long from, long to) {
        return LongStream.range(from, to).boxed().toArray(Long[]::new);
    }

    private static final class Received<T> implements StreamObserver<T> {
        private final List<T> messages = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Status> ended = new CompletableFuture<>();

        /** Or more: whoever looks at them after the end of the call sees that. */
        void untilThereAre(int count) {
            await().atMost(PATIENCE).until(() -> messages.size() >= count);
        }

        /** All that came until the call ended. */
        List<T> all() {
            assertThat(ended).succeedsWithin(PATIENCE).isEqualTo(Status.OK);
            return messages;
        }

        @Override
        public void onNext(T message) {
            messages.add(message);
        }

        @Override
        public void onError(Throwable reason) {
            ended.complete(Status.fromThrowable(reason));
        }

        @Override
        public void onCompleted() {
            ended.complete(Status.OK);
        }
    }
}
