package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Recorder;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.NewEvent;
import florin.eventstore.storage.StoredEvent;
import florin.eventstore.streams.StreamState.SegmentFilter;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SegmentFeedTest extends OneStreamService {
    private static final int EVENTS = 100;
    private static final int SEGMENTS = 4;

    private final Recorder<StreamSignal> client = new Recorder<>();
    private EventStorage storage;

    @BeforeEach
    void append() throws Exception {
        storage = contexts.get("default");
        storage.append(IntStream.range(0, EVENTS)
                        .mapToObj(number -> NewEvent.of(Event.newBuilder()
                                .setMessageIdentifier("event " + number)
                                .build()))
                        .toList())
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void anEventIsLookedIntoOnceForAllSegments() {
        AtomicInteger looks = new AtomicInteger();
        SegmentHashes hashes = hashes(event -> looks.incrementAndGet() > 0);
        for (int segment = 0; segment < SEGMENTS; segment++) {
            SegmentFeed feed = feed(hashes, segment, Runnable::run);
            feed.open();
            feed.permit(EVENTS);
        }

        assertThat(client.seen.stream()
                        .filter(StreamSignal::hasEvent)
                        .map(signal -> signal.getEvent().getEvent().getToken())
                        .distinct())
                .hasSize(EVENTS);
        assertThat(looks).hasValue(EVENTS);
    }

    @Test
    void whoPermitsDoesNotWaitForTheFilter() throws Exception {
        CountDownLatch isLooking = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        SegmentHashes hashes = hashes(event -> {
            isLooking.countDown();
            try {
                return goesOn.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        });
        SegmentFeed feed = feed(hashes, 0, task -> new Thread(task).start());
        feed.permit(1);
        assertThat(isLooking.await(30, TimeUnit.SECONDS)).isTrue();

        Thread permits = new Thread(() -> feed.permit(1));
        permits.start();
        permits.join(TimeUnit.SECONDS.toMillis(30));

        assertThat(permits.isAlive()).isFalse();
        feed.close();
        goesOn.countDown();
    }

    @Test
    void aStreamOfBeforeThereWasABoundForTextsAcceptsWhatItDid() throws Exception {
        NewEvent event = NewEvent.of(Event.newBuilder()
                .setPayload(
                        SerializedObject.newBuilder().setData(ByteString.copyFromUtf8("Smith" + " ".repeat(300 << 10))))
                .build());
        storage.append(List.of(event)).toCompletableFuture().get(30, TimeUnit.SECONDS);
        StoredEvent large = storage.read(EVENTS, 1, 1 << 20).get(0);
        byte[] state = new StreamState(
                        InitializationProperties.newBuilder()
                                .setSegments(1)
                                .setFilter("payloadData contains \"Smith\"")
                                .build(),
                        -1)
                .toBytes();
        assertThat(StreamState.parse("stream", state).filterOf(0).accepted(large))
                .isNull();

        state[0] = 2; // the version

        assertThat(StreamState.parse("stream", state).filterOf(0).accepted(large))
                .isNotNull();
        assertThat(StreamState.parse("stream", state).toBytes()).isEqualTo(state);
    }

    private static SegmentHashes hashes(Predicate<EventWithToken> filter) {
        return new SegmentHashes(
                filter,
                Sequencing.of(
                        SequencingPolicy.newBuilder()
                                .setPolicyName("FullConcurrencyPolicy")
                                .build(),
                        true));
    }

    private SegmentFeed feed(SegmentHashes hashes, int segment, Executor executor) {
        return new SegmentFeed(
                client.outbound(),
                executor,
                storage,
                new SegmentFilter(segment, SEGMENTS, hashes, List.of(), -1),
                -1,
                position -> {});
    }
}
