package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.connector.event.AppendEventsTransaction;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real event store; what lies between holds answers back, and counts. */
class GatheredAppendsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private final Wire wire = new Wire();
    private AxonServerConnectionFactory factory;
    private EventChannel events;

    @BeforeEach
    void connect() {
        factory = AxonServerConnectionFactory.forClient("gathered-appends", "1")
                .routingServers(new ServerAddress("localhost", TestPlatform.axonServerPort()))
                .customize(channel -> channel.intercept(wire, new GatheredAppends()))
                .build();
        AxonServerConnection connection = factory.connect("default");
        Awaitility.await().atMost(PATIENCE).until(connection::isConnected);
        events = connection.eventChannel();
    }

    @AfterEach
    void disconnect() {
        wire.open();
        factory.shutdown();
    }

    @Test
    void what_comes_while_an_append_is_under_way_goes_together() throws Exception {
        wire.close();
        List<String> ids = ids(7);
        List<CompletableFuture<Confirmation>> appends = new ArrayList<>();
        for (String id : ids) {
            appends.add(append(event(id, 0), event(id, 1)));
        }
        wire.awaitAnswer();
        assertThat(appends).noneMatch(Future::isDone);

        wire.open();
        for (CompletableFuture<Confirmation> append : appends) {
            assertThat(append.get(25, TimeUnit.SECONDS).getSuccess()).isTrue();
        }
        assertThat(wire.sizes).containsExactly(2, 12);
        for (String id : ids) {
            assertThat(stored(id)).isEqualTo(2);
        }
    }

    @Test
    void an_append_that_comes_alone_goes_at_once() throws Exception {
        for (String id : ids(3)) {
            append(event(id, 0)).get(25, TimeUnit.SECONDS);
        }
        assertThat(wire.sizes).containsExactly(1, 1, 1);
    }

    @Test
    void one_that_is_refused_does_not_take_the_others_with_it() throws Exception {
        wire.close();
        List<String> ids = ids(4);
        CompletableFuture<Confirmation> first = append(event(ids.get(0), 0));
        CompletableFuture<Confirmation> good = append(event(ids.get(1), 0));
        CompletableFuture<Confirmation> gap = append(event(ids.get(2), 0), event(ids.get(2), 5));
        CompletableFuture<Confirmation> one = append(event(ids.get(3), 0));
        CompletableFuture<Confirmation> same = append(event(ids.get(3), 0));
        wire.open();

        first.get(25, TimeUnit.SECONDS);
        good.get(25, TimeUnit.SECONDS);
        assertRefused(gap);
        Awaitility.await().atMost(PATIENCE).until(() -> one.isDone() && same.isDone());
        assertThat(one.isCompletedExceptionally()).isNotEqualTo(same.isCompletedExceptionally());
        assertRefused(one.isCompletedExceptionally() ? one : same);
        assertThat(wire.sizes).containsExactly(1, 5, 1, 2, 1, 1);
        assertThat(stored(ids.get(1))).isEqualTo(1);
        assertThat(stored(ids.get(2))).isZero();
        assertThat(stored(ids.get(3))).isEqualTo(1);
    }

    @Test
    void when_no_answer_comes_none_is_sent_again() {
        wire.close();
        List<CompletableFuture<Confirmation>> appends = new ArrayList<>();
        List<String> ids = ids(5);
        ids.forEach(id -> appends.add(append(event(id, 0))));
        wire.lose();

        for (CompletableFuture<Confirmation> append : appends) {
            assertThatThrownBy(() -> append.get(25, TimeUnit.SECONDS)).hasMessageContaining("lost");
        }
        assertThat(wire.sizes).containsExactly(1, 4);
        ids.forEach(id -> assertThat(stored(id)).isEqualTo(1));
    }

    @Test
    void an_event_store_that_can_take_none_is_not_asked_for_each() throws Exception {
        wire.close();
        List<CompletableFuture<Confirmation>> appends = new ArrayList<>();
        List<String> ids = ids(5);
        ids.forEach(id -> appends.add(append(event(id, 0))));
        wire.awaitAnswer();
        wire.refusal = ErrorCategory.DATAFILE_WRITE_ERROR.errorCode();
        wire.open();

        for (CompletableFuture<Confirmation> append : appends) {
            assertThatThrownBy(() -> append.get(25, TimeUnit.SECONDS)).hasMessageContaining("refused");
        }
        assertThat(wire.sizes).containsExactly(1, 4);
        wire.refusal = null;
        append(event(ids(1).get(0), 0)).get(25, TimeUnit.SECONDS);
    }

    @Test
    void an_append_has_an_end_so_that_those_behind_it_go_on() throws Exception {
        wire.close();
        CompletableFuture<Confirmation> first = append(event(ids(1).get(0), 0));
        wire.awaitAnswer();
        CompletableFuture<Confirmation> behind = append(event(ids(1).get(0), 0));
        assertThat(wire.deadlines).hasSize(1).allMatch(deadline -> deadline != null && !deadline.isExpired());
        wire.open();
        first.get(25, TimeUnit.SECONDS);
        behind.get(25, TimeUnit.SECONDS);
    }

    @Test
    void what_is_rolled_back_is_not_sent() throws Exception {
        List<String> ids = ids(2);
        AppendEventsTransaction transaction = events.startAppendEventsTransaction();
        transaction.appendEvent(event(ids.get(0), 0));
        transaction.rollback();
        append(event(ids.get(1), 0)).get(25, TimeUnit.SECONDS);
        assertThat(wire.sizes).containsExactly(1);
        assertThat(stored(ids.get(0))).isZero();
    }

    @Test
    void a_group_has_a_bound() throws Exception {
        wire.close();
        List<CompletableFuture<Confirmation>> appends = new ArrayList<>();
        ids(GatheredAppends.MOST_EVENTS + 31).forEach(id -> appends.add(append(event(id, 0))));
        wire.open();
        for (CompletableFuture<Confirmation> append : appends) {
            append.get(25, TimeUnit.SECONDS);
        }
        assertThat(wire.sizes).containsExactly(1, GatheredAppends.MOST_EVENTS, 30);
    }

    @Test
    void many_threads_append_and_every_event_is_stored_once_and_in_order() throws Exception {
        int threads = 8;
        int each = 150;
        List<String> ids = ids(threads);
        AtomicInteger refused = new AtomicInteger();
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                String id = ids.get(thread);
                done.add(executor.submit(() -> {
                    for (int number = 0; number < each; number++) {
                        append(event(id, number)).get(25, TimeUnit.SECONDS);
                        if (number % 10 == 0) { // One that is always wrong goes with those of the others.
                            assertRefused(append(event(id, number)));
                            refused.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : done) {
                one.get(120, TimeUnit.SECONDS);
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(refused).hasValue(threads * each / 10);
        ids.forEach(id -> assertThat(stored(id)).isEqualTo(each));
    }

    private CompletableFuture<Confirmation> append(Event... appended) {
        AppendEventsTransaction transaction = events.startAppendEventsTransaction();
        List.of(appended).forEach(transaction::appendEvent);
        return transaction.commit();
    }

    private long stored(String id) {
        return events.openAggregateStream(id).asStream().count();
    }

    private static void assertRefused(CompletableFuture<Confirmation> append) {
        assertThatThrownBy(() -> append.get(25, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining(ErrorCategory.INVALID_EVENT_SEQUENCE.errorCode());
    }

    private static List<String> ids(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> UUID.randomUUID().toString())
                .toList();
    }

    private static Event event(String id, long number) {
        return Event.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setAggregateIdentifier(id)
                .setAggregateType("Test")
                .setAggregateSequenceNumber(number)
                .setTimestamp(System.currentTimeMillis())
                .setPayload(
                        SerializedObject.newBuilder().setType("florin.kit.Test").setData(ByteString.copyFromUtf8("{}")))
                .build();
    }

    /** Counts the events of each append that goes over it, and holds answers back, or loses them, when it is told to. */
    private static final class Wire implements ClientInterceptor {

        private static final Metadata.Key<String> ERROR_CODE =
                Metadata.Key.of("AxonIQ-ErrorCode", Metadata.ASCII_STRING_MARSHALLER);

        private final List<Integer> sizes = new CopyOnWriteArrayList<>();
        private final List<Deadline> deadlines = new CopyOnWriteArrayList<>();
        private final List<Runnable> answers = new ArrayList<>();
        private boolean isOpen = true;
        private volatile boolean loses;
        private volatile String refusal;

        @Override
        public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
            ClientCall<Q, S> call = next.newCall(method, options);
            if (!method.getFullMethodName()
                    .equals(EventStoreGrpc.getAppendEventMethod().getFullMethodName())) {
                return call;
            }
            deadlines.add(options.getDeadline());
            return new SimpleForwardingClientCall<>(call) {
                private int size;

                @Override
                public void start(Listener<S> listener, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onMessage(S message) {
                                    pass(() -> {
                                        if (!loses && refusal == null) {
                                            super.onMessage(message);
                                        }
                                    });
                                }

                                @Override
                                public void onClose(Status status, Metadata trailers) {
                                    pass(() -> {
                                        if (loses) {
                                            super.onClose(Status.UNAVAILABLE.withDescription("lost"), new Metadata());
                                        } else if (refusal != null) {
                                            Metadata refused = new Metadata();
                                            refused.put(ERROR_CODE, refusal);
                                            super.onClose(Status.INTERNAL.withDescription("refused"), refused);
                                        } else {
                                            super.onClose(status, trailers);
                                        }
                                    });
                                }
                            },
                            headers);
                }

                @Override
                public void sendMessage(Q message) {
                    size++;
                    super.sendMessage(message);
                }

                @Override
                public void halfClose() {
                    sizes.add(size);
                    super.halfClose();
                }
            };
        }

        private void pass(Runnable answer) {
            synchronized (this) {
                if (!isOpen) {
                    answers.add(answer);
                    return;
                }
            }
            answer.run();
        }

        synchronized void close() {
            isOpen = false;
        }

        void open() {
            List<Runnable> held;
            synchronized (this) {
                isOpen = true;
                held = List.copyOf(answers);
                answers.clear();
            }
            held.forEach(Runnable::run);
        }

        void awaitAnswer() {
            Awaitility.await().atMost(PATIENCE).until(() -> {
                synchronized (this) {
                    return answers.size() == 2; // The confirmation and the end of the first call.
                }
            });
        }

        void lose() {
            awaitAnswer();
            synchronized (this) {
                loses = true;
            }
            open();
        }
    }
}
