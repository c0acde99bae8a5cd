package florin.bench.server;

import com.google.protobuf.ByteString;
import florin.bench.Measured;
import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetAggregateEventsRequest;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.axoniq.axonserver.grpc.query.QueryComplete;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryProviderOutbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.axoniq.axonserver.grpc.query.QuerySubscription;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/** The calls that are measured, made with the bare stubs of the public protocol so that the client costs as little as can be. */
final class AxonClient implements AutoCloseable {
    static final int APPEND_PAYLOAD_BYTES = 200;
    static final int STREAM_PAYLOAD_BYTES = 200;

    private static final long PATIENCE_SECONDS = 60;
    private static final long PERMITS = 1_000_000_000L;
    private static final Metadata.Key<String> ACCESS_TOKEN =
            Metadata.Key.of("AxonIQ-Access-Token", Metadata.ASCII_STRING_MARSHALLER);

    private final ManagedChannel channel;
    private final ManagedChannel handlerChannel;
    private final EventStoreGrpc.EventStoreStub events;
    private final CommandServiceGrpc.CommandServiceStub commands;
    private final QueryServiceGrpc.QueryServiceStub queries;
    private final Channel handlers;
    private final String run = UUID.randomUUID().toString();

    AxonClient(String host, int port, String accessToken) {
        channel = channel(host, port);
        handlerChannel = channel(host, port);
        ClientInterceptor token = new AccessToken(accessToken);
        Channel callers = ClientInterceptors.intercept(channel, token);
        handlers = ClientInterceptors.intercept(handlerChannel, token);
        events = EventStoreGrpc.newStub(callers);
        commands = CommandServiceGrpc.newStub(callers);
        queries = QueryServiceGrpc.newStub(callers);
    }

    private static ManagedChannel channel(String host, int port) {
        return NettyChannelBuilder.forAddress(host, port)
                .usePlaintext()
                .directExecutor()
                .build();
    }

    private record AccessToken(String token) implements ClientInterceptor {
        @Override
        public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<S> listener, Metadata headers) {
                    if (token != null) {
                        headers.put(ACCESS_TOKEN, token);
                    }
                    super.start(listener, headers);
                }
            };
        }
    }

    static SerializedObject payload(int bytes) {
        return SerializedObject.newBuilder()
                .setType("sample")
                .setData(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    /** Appends transactions of so many events; each slot has an aggregate of its own. */
    ClosedLoop.Call append(int eventsEach, int slots) {
        long[] next = new long[slots];
        String prefix = "bench-" + UUID.randomUUID() + '-';
        SerializedObject payload = payload(APPEND_PAYLOAD_BYTES);
        return (slot, answered) -> {
            StreamObserver<Event> transaction = events.appendEvent(new Once<>(Confirmation::getSuccess, answered));
            for (int i = 0; i < eventsEach; i++) {
                transaction.onNext(event(prefix + slot, next[slot]++, payload));
            }
            transaction.onCompleted();
        };
    }

    private static Event event(String aggregate, long sequence, SerializedObject payload) {
        return Event.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setAggregateIdentifier(aggregate)
                .setAggregateSequenceNumber(sequence)
                .setAggregateType("Sample")
                .setTimestamp(System.currentTimeMillis())
                .setPayload(payload)
                .build();
    }

    /** An aggregate of so many events; gives its identifier. */
    String aggregateOf(int count) throws InterruptedException {
        String aggregate = "bench-" + UUID.randomUUID() + '-' + count;
        append(count, i -> event(aggregate, i, payload(APPEND_PAYLOAD_BYTES)));
        return aggregate;
    }

    /** Appends so many events of about 300 bytes, in transactions of a thousand. */
    void fill(int count) throws InterruptedException {
        for (int done = 0; done < count; done += 1000) {
            String aggregate = "fill-" + UUID.randomUUID();
            append(Math.min(1000, count - done), i -> event(aggregate, i, payload(STREAM_PAYLOAD_BYTES)));
        }
    }

    private void append(int count, IntFunction<Event> maker) throws InterruptedException {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        StreamObserver<Event> transaction = events.appendEvent(new Once<>(Confirmation::getSuccess, done::complete));
        for (int i = 0; i < count; i++) {
            transaction.onNext(maker.apply(i));
        }
        transaction.onCompleted();
        if (!await(done)) {
            throw new IllegalStateException("an append was refused");
        }
    }

    private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IllegalStateException("the server does not answer as it should", failure);
        }
    }

    ClosedLoop.Call loadAggregate(String aggregate, int expected) {
        GetAggregateEventsRequest request = GetAggregateEventsRequest.newBuilder()
                .setAggregateId(aggregate)
                .setAllowSnapshots(false)
                .build();
        return (slot, answered) -> events.listAggregateEvents(request, new Counting<>(expected, answered));
    }

    /** Reads the last {@code count} events in one stream. */
    Measured stream(int count) throws InterruptedException {
        CompletableFuture<Long> last = new CompletableFuture<>();
        events.getLastToken(
                GetLastTokenRequest.getDefaultInstance(),
                new Once<>(
                        token -> {
                            last.complete(token.getToken());
                            return true;
                        },
                        isRight -> {}));
        long from = await(last) - count + 1;
        long startNs = System.nanoTime();
        CountDownLatch read = new CountDownLatch(1);
        AtomicLong received = new AtomicLong();
        AtomicLong errors = new AtomicLong();
        ClientCallStreamObserver<GetEventsRequest> requests =
                (ClientCallStreamObserver<GetEventsRequest>) events.listEvents(new StreamObserver<EventWithToken>() {
                    @Override
                    public void onNext(EventWithToken event) {
                        long number = received.getAndIncrement();
                        if (number < count && event.getToken() != from + number) {
                            errors.incrementAndGet();
                        }
                        if (number + 1 == count) {
                            read.countDown();
                        }
                    }

                    @Override
                    public void onError(Throwable reason) {
                        read.countDown();
                    }

                    @Override
                    public void onCompleted() {
                        read.countDown();
                    }
                });
        requests.onNext(GetEventsRequest.newBuilder()
                .setTrackingToken(from)
                .setNumberOfPermits(PERMITS)
                .build());
        boolean ended = read.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        long elapsedNs = System.nanoTime() - startNs;
        requests.cancel("enough", null);
        long events = Math.min(count, received.get());
        return Measured.of(events, elapsedNs, new long[0], errors.get() + (ended && events == count ? 0 : 1));
    }

    /** Connects a handler that answers each command at once, and gives the call that sends one. */
    ClosedLoop.Call command() throws InterruptedException {
        String name = "Bench-" + run;
        CountDownLatch subscribed = new CountDownLatch(1);
        CompletableFuture<StreamObserver<CommandProviderOutbound>> out = new CompletableFuture<>();
        StreamObserver<CommandProviderOutbound> stream = CommandServiceGrpc.newStub(handlers)
                .openStream(new Ignoring<CommandProviderInbound>() {
                    @Override
                    public void onNext(CommandProviderInbound message) {
                        if (message.hasCommand()) {
                            CommandResponse response = CommandResponse.newBuilder()
                                    .setMessageIdentifier(message.getCommand().getMessageIdentifier())
                                    .setRequestIdentifier(message.getCommand().getMessageIdentifier())
                                    .setPayload(message.getCommand().getPayload())
                                    .build();
                            StreamObserver<CommandProviderOutbound> answers = out.join();
                            answers.onNext(CommandProviderOutbound.newBuilder()
                                    .setCommandResponse(response)
                                    .build());
                        } else {
                            subscribed.countDown();
                        }
                    }
                });
        stream.onNext(CommandProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setClientId(run).setPermits(PERMITS))
                .build());
        stream.onNext(CommandProviderOutbound.newBuilder()
                .setInstructionId("subscribe")
                .setSubscribe(CommandSubscription.newBuilder()
                        .setMessageId("subscribe")
                        .setCommand(name)
                        .setClientId(run)
                        .setComponentName("bench")
                        .setLoadFactor(100))
                .build());
        out.complete(stream);
        requireAcknowledged(subscribed);
        SerializedObject payload = payload(APPEND_PAYLOAD_BYTES);
        return (slot, answered) -> {
            String id = UUID.randomUUID().toString();
            commands.dispatch(
                    Command.newBuilder()
                            .setMessageIdentifier(id)
                            .setName(name)
                            .setTimestamp(System.currentTimeMillis())
                            .setPayload(payload)
                            .setClientId(run)
                            .setComponentName("bench")
                            .build(),
                    new Once<>(
                            response -> response.getErrorCode().isEmpty()
                                    && response.getRequestIdentifier().equals(id),
                            answered));
        };
    }

    /** Connects a handler that answers each query at once, and gives the call that asks one. */
    ClosedLoop.Call query() throws InterruptedException {
        String name = "Bench-" + run;
        CountDownLatch subscribed = new CountDownLatch(1);
        CompletableFuture<StreamObserver<QueryProviderOutbound>> out = new CompletableFuture<>();
        StreamObserver<QueryProviderOutbound> stream = QueryServiceGrpc.newStub(handlers)
                .openStream(new Ignoring<QueryProviderInbound>() {
                    @Override
                    public void onNext(QueryProviderInbound message) {
                        if (message.hasQuery()) {
                            String id = message.getQuery().getMessageIdentifier();
                            StreamObserver<QueryProviderOutbound> answers = out.join();
                            answers.onNext(QueryProviderOutbound.newBuilder()
                                    .setQueryResponse(QueryResponse.newBuilder()
                                            .setMessageIdentifier(id)
                                            .setRequestIdentifier(id)
                                            .setPayload(message.getQuery().getPayload()))
                                    .build());
                            answers.onNext(QueryProviderOutbound.newBuilder()
                                    .setQueryComplete(QueryComplete.newBuilder()
                                            .setMessageId(id)
                                            .setRequestId(id))
                                    .build());
                        } else {
                            subscribed.countDown();
                        }
                    }
                });
        stream.onNext(QueryProviderOutbound.newBuilder()
                .setFlowControl(FlowControl.newBuilder().setClientId(run).setPermits(PERMITS))
                .build());
        stream.onNext(QueryProviderOutbound.newBuilder()
                .setInstructionId("subscribe")
                .setSubscribe(QuerySubscription.newBuilder()
                        .setMessageId("subscribe")
                        .setQuery(name)
                        .setResultName("sample")
                        .setClientId(run)
                        .setComponentName("bench"))
                .build());
        out.complete(stream);
        requireAcknowledged(subscribed);
        SerializedObject payload = payload(APPEND_PAYLOAD_BYTES);
        return (slot, answered) -> queries.query(
                QueryRequest.newBuilder()
                        .setMessageIdentifier(UUID.randomUUID().toString())
                        .setQuery(name)
                        .setTimestamp(System.currentTimeMillis())
                        .setPayload(payload)
                        .setClientId(run)
                        .setComponentName("bench")
                        .build(),
                new Counting<>(1, answered));
    }

    private static void requireAcknowledged(CountDownLatch subscribed) throws InterruptedException {
        if (!subscribed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the server does not acknowledge a subscription");
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        handlerChannel.shutdownNow();
    }

    private abstract static class Ignoring<T> implements StreamObserver<T> {
        @Override
        public void onError(Throwable reason) {}

        @Override
        public void onCompleted() {}
    }

    /** Reports one answer, or the failure. */
    private static final class Once<T> implements StreamObserver<T> {
        private final Predicate<T> right;
        private final Consumer<Boolean> answered;
        private boolean isRight;

        Once(Predicate<T> right, Consumer<Boolean> answered) {
            this.right = right;
            this.answered = answered;
        }

        @Override
        public void onNext(T answer) {
            isRight = right.test(answer);
        }

        @Override
        public void onError(Throwable reason) {
            answered.accept(false);
        }

        @Override
        public void onCompleted() {
            answered.accept(isRight);
        }
    }

    private static final class Counting<T> implements StreamObserver<T> {
        private final int expected;
        private final Consumer<Boolean> answered;
        private int received;

        Counting(int expected, Consumer<Boolean> answered) {
            this.expected = expected;
            this.answered = answered;
        }

        @Override
        public void onNext(T answer) {
            received++;
        }

        @Override
        public void onError(Throwable reason) {
            answered.accept(false);
        }

        @Override
        public void onCompleted() {
            answered.accept(received == expected);
        }
    }
}
