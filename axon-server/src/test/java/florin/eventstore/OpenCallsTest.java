package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.axoniq.axonserver.grpc.event.PayloadDescription;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A process with 256 MiB of heap, and clients whose calls, or the messages that they are sending or do not read, would not fit into
 * it.
 */
class OpenCallsTest extends ClientsOfOneProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    /** Of two connections more than a quarter of the heap has room for. */
    private static final int CALLS = 9000;

    private static final int MOST_CALLS = 16_384;
    /** So many of a mebibyte are more than an eighth of the heap. */
    private static final int UNREAD = 40;
    /** So many of four megabytes are more than an eighth of the heap. */
    private static final int EXCLUDING = 12;

    @Test
    void callsAreRefusedThatWouldNotFitIntoMemoryUntilOthersEnd() {
        Queue<Status> refused = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < CALLS; i++) {
            for (ManagedChannel channel : channels.subList(0, 2)) {
                var unused = CommandServiceGrpc.newStub(channel).openStream(new Ended<CommandProviderInbound>(refused));
            }
        }
        await().atMost(PATIENCE).until(() -> refused.size() >= 2 * CALLS - MOST_CALLS);
        assertThat(refused)
                .allSatisfy(status -> assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                .allSatisfy(status -> assertThat(status.getDescription())
                        .startsWith("[AXONIQ-0001]")
                        .contains("calls are open already"));
        assertThatThrownBy(() -> lastToken(channels.get(2))).hasMessageContaining("calls are open already");

        channels.get(0).shutdownNow();

        await().atMost(PATIENCE).ignoreExceptions().until(() -> lastToken(channels.get(2)) == -1);
    }

    /** They come in turns, so that of each a part is there before one is there as a whole. */
    @Test
    void messagesThatComeInAreRefusedIfTogetherTheyWouldNotFitIntoMemory() {
        Event large = event("", 0, "x".repeat(15 << 20));
        List<CompletableFuture<Status>> appends =
                Stream.generate(() -> append(channels.get(0), large)).limit(10).toList();
        await().atMost(PATIENCE).until(() -> appends.stream().allMatch(CompletableFuture::isDone));
        assertThat(appends).extracting(append -> append.join().getDescription()).anySatisfy(description -> assertThat(
                        description)
                .contains("[AXONIQ-0001] messages that clients have begun to send hold"));

        assertThat(append(channels.get(0), large)).succeedsWithin(PATIENCE).isEqualTo(Status.OK);
        assertThat(append(channels.get(1), event("a", 0, "small")))
                .succeedsWithin(PATIENCE)
                .isEqualTo(Status.OK);
    }

    /** One who reads small ones is sent them all the same. What is on its way when the first is refused may make room again. */
    @Test
    void eventsThatReadersDoNotReadAreRefusedIfTogetherTheyWouldNotFitIntoMemory() {
        assertThat(append(channels.get(2), event("a", 0, "x".repeat(1 << 20))))
                .succeedsWithin(PATIENCE)
                .isEqualTo(Status.OK);
        assertThat(append(channels.get(2), event("a", 1, "small")))
                .succeedsWithin(PATIENCE)
                .isEqualTo(Status.OK);
        ManagedChannel idle = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .flowControlWindow(1 << 16)
                .build();
        channels.add(idle);
        Queue<Status> refused = new ConcurrentLinkedQueue<>();
        await().atMost(PATIENCE).until(() -> {
            for (int i = 0; i < UNREAD; i++) {
                read(idle, 0, new Idle<>(refused));
            }
            return received(0).isEmpty();
        });
        assertThat(refused)
                .isNotEmpty()
                .allSatisfy(status -> assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                .allSatisfy(status -> assertThat(status.getDescription())
                        .startsWith("[AXONIQ-0001]")
                        .contains("clients have not read"));
        assertThat(received(1)).isNotEmpty();

        idle.shutdownNow();

        await().atMost(PATIENCE).until(() -> !received(0).isEmpty());
    }

    /** What comes of an event from the token on until the call ends or is given up. */
    private Queue<EventWithToken> received(long token) {
        Queue<EventWithToken> received = new ConcurrentLinkedQueue<>();
        Queue<Status> ended = new ConcurrentLinkedQueue<>();
        read(channels.get(2), token, new Ended<>(ended) {
            @Override
            public void onNext(EventWithToken event) {
                received.add(event);
            }
        });
        await().atMost(PATIENCE).until(() -> !received.isEmpty() || !ended.isEmpty());
        return received;
    }

    private static void read(ManagedChannel channel, long token, StreamObserver<EventWithToken> reader) {
        EventStoreGrpc.newStub(channel)
                .listEvents(reader)
                .onNext(GetEventsRequest.newBuilder()
                        .setTrackingToken(token)
                        .setNumberOfPermits(1)
                        .build());
    }

    @Test
    void typesThatReadersExcludeAreRefusedIfTogetherTheyWouldNotFitIntoMemory() {
        assertThat(append(channels.get(2), event("", 0, "x")))
                .succeedsWithin(PATIENCE)
                .isEqualTo(Status.OK);
        Queue<Status> refused = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < EXCLUDING; i++) {
            exclude(channels.get(0), refused);
        }
        assertThat(refused)
                .isNotEmpty()
                .allSatisfy(status -> assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                .allSatisfy(status -> assertThat(status.getDescription())
                        .startsWith("[AXONIQ-0001]")
                        .contains("types that readers exclude hold"));
        assertThat(refused.size()).isLessThan(EXCLUDING);

        channels.get(0).shutdownNow();

        await().atMost(PATIENCE).until(() -> {
            Queue<Status> ended = new ConcurrentLinkedQueue<>();
            exclude(channels.get(1), ended);
            return ended.isEmpty();
        });
    }

    /** Reads on when it returns, or is refused. */
    private static void exclude(ManagedChannel channel, Queue<Status> refused) {
        GetEventsRequest.Builder request = GetEventsRequest.newBuilder().setNumberOfPermits(1);
        for (int i = 0; i < 4; i++) {
            request.addBlacklist(PayloadDescription.newBuilder().setType(i + "x".repeat(1_000_000)));
        }
        AtomicBoolean reads = new AtomicBoolean();
        int before = refused.size();
        StreamObserver<EventWithToken> reader = new Ended<>(refused) {
            @Override
            public void onNext(EventWithToken event) {
                reads.set(true);
            }
        };
        EventStoreGrpc.newStub(channel).listEvents(reader).onNext(request.build());
        await().atMost(PATIENCE).until(() -> reads.get() || refused.size() > before);
    }

    private static CompletableFuture<Status> append(ManagedChannel channel, Event event) {
        CompletableFuture<Status> ended = new CompletableFuture<>();
        StreamObserver<Event> append = EventStoreGrpc.newStub(channel).appendEvent(new StreamObserver<>() {
            @Override
            public void onNext(Confirmation confirmation) {}

            @Override
            public void onError(Throwable reason) {
                ended.complete(Status.fromThrowable(reason));
            }

            @Override
            public void onCompleted() {
                ended.complete(Status.OK);
            }
        });
        append.onNext(event);
        append.onCompleted();
        return ended;
    }

    private static long lastToken(ManagedChannel channel) {
        return EventStoreGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .getLastToken(GetLastTokenRequest.getDefaultInstance())
                .getToken();
    }

    /** Reads nothing. */
    private static final class Idle<Q, T> extends Ended<T> implements ClientResponseObserver<Q, T> {
        Idle(Queue<Status> ended) {
            super(ended);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> started) {
            started.disableAutoRequestWithInitial(0);
        }
    }

    /** Tells of a call that ends, and why. */
    private static class Ended<T> extends Observer<T> {
        private final Queue<Status> ended;

        Ended(Queue<Status> ended) {
            super(message -> {});
            this.ended = ended;
        }

        @Override
        public void onError(Throwable reason) {
            ended.add(Status.fromThrowable(reason));
        }
    }
}
