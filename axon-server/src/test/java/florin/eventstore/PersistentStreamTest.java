package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.PersistentStream;
import io.axoniq.axonserver.connector.event.PersistentStreamCallbacks;
import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import io.axoniq.axonserver.connector.event.PersistentStreamSegment;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.CreateResult;
import io.axoniq.axonserver.grpc.streams.PersistentStreamEvent;
import io.axoniq.axonserver.grpc.streams.SegmentPosition;
import io.axoniq.axonserver.grpc.streams.StreamStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentStreamTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path data;

    private NodeFixture fixture;
    private AxonServerConnection client;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        client = fixture.connect("client");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void storedAndLiveEventsArriveInOrderFromTheInitialPosition() throws Exception {
        appendNumbered(0, 10);
        Reader reader = new Reader(client, "stream", properties(1, "SequentialPolicy", "4"));
        appendNumbered(10, 15);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.tokens())
                .containsExactly(
                        IntStream.range(4, 15).boxed().map(Long::valueOf).toArray(Long[]::new)));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(status("stream").getSegments(0).getPosition())
                        .isEqualTo(14));
    }

    @Test
    void aStreamAtTheHeadGetsOnlyWhatComesLater() throws Exception {
        appendNumbered(0, 5);
        Reader reader = new Reader(client, "stream", properties(1, "SequentialPolicy", "HEAD"));
        await().atMost(PATIENCE).until(() -> !reader.open.isEmpty());
        appendNumbered(5, 7);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.tokens()).containsExactly(5L, 6L));
    }

    @Test
    void eventsOfOneAggregateGoToOneSegmentInOrder() throws Exception {
        Reader reader = new Reader(client, "stream", properties(4, "SequentialPerAggregatePolicy", "TAIL"));
        appendNumbered(0, 400);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.events).hasSize(400));
        Map<String, Set<Integer>> segments = new HashMap<>();
        Map<String, Long> sequences = new HashMap<>();
        for (Received received : reader.events) {
            String aggregate = received.event().getAggregateIdentifier();
            segments.computeIfAbsent(aggregate, key -> new HashSet<>()).add(received.segment());
            assertThat(received.event().getAggregateSequenceNumber())
                    .isEqualTo(sequences.getOrDefault(aggregate, -1L) + 1);
            sequences.put(aggregate, received.event().getAggregateSequenceNumber());
        }
        assertThat(segments.values()).allMatch(used -> used.size() == 1);
        assertThat(reader.events.stream().map(Received::segment)).contains(0, 1, 2, 3);
    }

    @Test
    void confirmedEventsAreNotSentAgainAfterARestartAndOthersAre() throws Exception {
        appendNumbered(0, 20);
        Reader reader = new Reader(client, "stream", properties(1, "SequentialPolicy", "TAIL"));
        reader.confirmUpTo = 11;
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.events).hasSize(20));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(status("stream").getSegments(0).getPosition())
                        .isEqualTo(11));

        fixture.restart();
        client = fixture.connect("client");
        Reader again = new Reader(client, "stream", null);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(again.tokens())
                .containsExactly(12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L));
    }

    @Test
    void segmentsAreSharedAmongClientsAndTakenOverFromOneThatLeaves() throws Exception {
        Reader first = new Reader(client, "stream", properties(4, "SequentialPerAggregatePolicy", "TAIL"));
        await().atMost(PATIENCE).until(() -> first.open.size() == 4);
        AxonServerConnection other = fixture.connect("other");
        Reader second = new Reader(other, "stream", null);
        await().atMost(PATIENCE).until(() -> first.open.size() == 2 && second.open.size() == 2);
        assertThat(status("stream").getSegmentsList().stream()
                        .map(SegmentPosition::getClientId)
                        .distinct())
                .hasSize(2);

        appendNumbered(0, 200);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(first.events.size() + second.events.size())
                .isEqualTo(200));
        assertThat(first.events).isNotEmpty();
        assertThat(second.events).isNotEmpty();

        fixture.shutdownAbruptly(other);
        await().atMost(PATIENCE).until(() -> first.open.size() == 4);
        appendNumbered(200, 300);
        await().atMost(PATIENCE).untilAsserted(() -> {
            Set<Long> seen = new HashSet<>(first.tokens());
            seen.addAll(second.tokens());
            assertThat(seen).hasSize(300);
        });
    }

    @Test
    void aChangeOfTheNumberOfSegmentsRepeatsAndLosesNothing() throws Exception {
        Reader reader = new Reader(client, "stream", properties(2, "SequentialPerAggregatePolicy", "TAIL"));
        appendNumbered(0, 300);
        await().atMost(PATIENCE).until(() -> reader.events.size() >= 150);
        client.eventChannel().setPersistentStreamSegments("stream", 5).get(30, TimeUnit.SECONDS);
        appendNumbered(300, 400);
        await().atMost(PATIENCE).until(() -> reader.open.size() == 5 && new HashSet<>(reader.tokens()).size() == 400);
        client.eventChannel().setPersistentStreamSegments("stream", 3).get(30, TimeUnit.SECONDS);
        appendNumbered(400, 500);

        await().atMost(PATIENCE).until(() -> new HashSet<>(reader.tokens()).size() == 500);
        assertThat(reader.tokens()).doesNotHaveDuplicates();
        assertThat(status("stream").getSegmentsCount()).isEqualTo(3);
    }

    @Test
    void aResetSendsEventsAgainAsReplays() throws Exception {
        appendNumbered(0, 6);
        Reader reader = new Reader(client, "stream", properties(1, "SequentialPolicy", "TAIL"));
        await().atMost(PATIENCE).until(() -> status("stream").getSegments(0).getPosition() == 5);
        assertThat(reader.events).noneMatch(Received::replay);

        client.eventChannel().resetPersistentStreamAtPosition("stream", 3).get(30, TimeUnit.SECONDS);
        appendNumbered(6, 8);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.tokens())
                .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 3L, 4L, 5L, 6L, 7L));
        assertThat(reader.events.subList(6, 9)).allMatch(Received::replay);
        assertThat(reader.events.subList(9, 11)).noneMatch(Received::replay);
    }

    @Test
    void aStreamIsResetToItsTailToAMomentAndToTheHead() throws Exception {
        Event[] events = new Event[6];
        for (int i = 0; i < events.length; i++) {
            events[i] = event("", 0, "event " + i).toBuilder()
                    .setTimestamp(1000L * i)
                    .build();
        }
        append(client, events);
        create("stream", properties(1, "SequentialPolicy", "2"));
        assertThat(position()).isEqualTo(1);

        client.eventChannel().resetPersistentStreamAtHead("stream").get(30, TimeUnit.SECONDS);
        assertThat(position()).isEqualTo(5);
        client.eventChannel().resetPersistentStreamAtTime("stream", 3500).get(30, TimeUnit.SECONDS);
        assertThat(position()).isEqualTo(3);
        client.eventChannel().resetPersistentStreamAtTail("stream").get(30, TimeUnit.SECONDS);
        assertThat(position()).isEqualTo(-1);
        client.eventChannel().resetPersistentStreamAtTime("stream", 9000).get(30, TimeUnit.SECONDS);
        assertThat(position()).isEqualTo(5);
    }

    /** Of the last event that is confirmed. */
    private long position() throws Exception {
        return status("stream").getSegments(0).getPosition();
    }

    @Test
    void oneStreamTooManyIsRefused() throws Exception {
        for (int i = 0; i < 1000; i++) {
            create("stream " + i, properties(1, "SequentialPolicy", "TAIL"));
        }
        assertThatThrownBy(() -> create("stream", properties(1, "SequentialPolicy", "TAIL")))
                .hasMessageContaining("RESOURCE_EXHAUSTED")
                .hasMessageContaining("a context has 1000 persistent streams at most");

        client.eventChannel().deletePersistentStream("stream 7").get(30, TimeUnit.SECONDS);
        create("stream", properties(1, "SequentialPolicy", "TAIL"));
    }

    /** Of the heap of these tests: a GiB. */
    @Test
    void streamsOfAllContextsAreBoundedInBytes() throws Exception {
        AxonServerConnection other = fixture.connect("client", "other", "other");
        PersistentStreamProperties large = filtered("payloadType = \"" + "x".repeat(15_000) + '"');
        int created = 0;
        try {
            for (; created < 1000; created++) {
                (created < 300 ? client : other)
                        .eventChannel()
                        .createPersistentStream("stream " + created, large)
                        .get(30, TimeUnit.SECONDS);
            }
        } catch (ExecutionException refused) {
            assertThat(refused)
                    .hasMessageContaining("RESOURCE_EXHAUSTED")
                    .hasMessageContaining("the persistent streams of all contexts hold");
        }
        assertThat(created).isBetween(300, 600);

        client.eventChannel().deletePersistentStream("stream 7").get(30, TimeUnit.SECONDS);
        create("stream", large);
    }

    /** A reader that does not let its segment go keeps changes waiting until that takes too long. */
    @Test
    void oneChangeTooManyIsRefused() throws Exception {
        List<PersistentStreamSegment> open = openWithoutConfirming();
        await().atMost(PATIENCE).until(() -> !open.isEmpty());
        AtomicReference<Throwable> refusal = new AtomicReference<>();
        // They wait for 5 s at most, in which a machine that stands still may not get so far at first.
        await().atMost(PATIENCE).until(() -> {
            for (int i = 0; i < 17; i++) {
                var unused = client.eventChannel()
                        .setPersistentStreamSegments("stream", 1 + i % 2)
                        .whenComplete((done, failure) -> refusal.compareAndSet(null, failure));
            }
            return refusal.get() != null;
        });
        assertThat(refusal.get())
                .hasMessageContaining("RESOURCE_EXHAUSTED")
                .hasMessageContaining("16 changes of persistent stream stream wait already");
    }

    @Test
    void streamsAreCreatedOnceListedRenamedAndDeleted() throws Exception {
        PersistentStreamProperties properties = properties(2, "FullConcurrencyPolicy", "TAIL");
        assertThat(client.eventChannel()
                        .createPersistentStream("stream", properties)
                        .get(30, TimeUnit.SECONDS))
                .isEqualTo(CreateResult.created);
        assertThat(client.eventChannel()
                        .createPersistentStream("stream", properties)
                        .get(30, TimeUnit.SECONDS))
                .isEqualTo(CreateResult.already_exists);
        client.eventChannel()
                .updatePersistentStreamName("stream", "a better name")
                .get(30, TimeUnit.SECONDS);
        assertThat(status("stream").getStreamName()).isEqualTo("a better name");

        Reader reader = new Reader(client, "stream", null);
        await().atMost(PATIENCE).until(() -> reader.open.size() == 2);
        client.eventChannel().deletePersistentStream("stream").get(30, TimeUnit.SECONDS);

        await().atMost(PATIENCE).until(() -> reader.streamClosed);
        assertThat(client.eventChannel().persistentStreams().get(30, TimeUnit.SECONDS))
                .isEmpty();
        fixture.restart();
        client = fixture.connect("client");
        assertThat(client.eventChannel().persistentStreams().get(30, TimeUnit.SECONDS))
                .isEmpty();
    }

    @Test
    void whatCannotBeIsRefusedInWords() {
        assertThatThrownBy(() -> create("stream", properties(1, "NoSuchPolicy", "TAIL")))
                .hasMessageContaining("unknown sequencing policy NoSuchPolicy");
        assertThatThrownBy(() -> create("stream", properties(129, "SequentialPolicy", "TAIL")))
                .hasMessageContaining("1 to 128 segments");
        assertThatThrownBy(() -> create("", properties(1, "SequentialPolicy", "TAIL")))
                .hasMessageContaining("1 to 512 bytes");
        assertThatThrownBy(() -> create("stream", named("x".repeat(513))))
                .hasMessageContaining("the name of a persistent stream has 512 bytes at most");
        assertThatThrownBy(() -> create("stream", filtered("x".repeat(17_000))))
                .hasMessageContaining("the properties of a persistent stream have 16384 bytes at most");
        assertThatThrownBy(() -> create("stream", filtered("count()")))
                .hasMessageContaining("a filter compares token, aggregateIdentifier");
        assertThatThrownBy(() -> create("stream", properties(1, "PropertySequencingPolicy", "TAIL")))
                .hasMessageContaining("PropertySequencingPolicy needs JSON or XML");
        assertThatThrownBy(() ->
                        client.eventChannel().deletePersistentStream("unknown").get(30, TimeUnit.SECONDS))
                .hasMessageContaining("no persistent stream unknown");
    }

    @Test
    void aFilteredStreamGetsWhatPassesAndMovesOnPastTheRest() throws Exception {
        appendNumbered(0, 20);
        Reader reader = new Reader(
                client, "stream", filtered("aggregateIdentifier in [\"aggregate-3\", \"aggregate-4\"] and token > 3"));
        appendNumbered(20, 40);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.tokens()).containsExactly(4L, 23L, 24L));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(status("stream").getSegments(0).getPosition())
                        .isGreaterThan(24));
        assertThat(status("stream").getFilter()).contains("token > 3");

        fixture.restart();
        client = fixture.connect("client");
        Reader again = new Reader(client, "stream", null);
        appendNumbered(40, 60);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(again.tokens()).containsExactly(43L, 44L));
    }

    @Test
    void eventsWithTheSamePropertyGoToOneSegmentInOrder() throws Exception {
        Reader reader = new Reader(
                client,
                "stream",
                new PersistentStreamProperties(
                        "stream",
                        4,
                        "PropertySequencingPolicy",
                        List.of("JSON", "sample", "$.order.id", "FullConcurrencyPolicy"),
                        "TAIL",
                        ""));
        append(
                client,
                IntStream.range(0, 200)
                        .mapToObj(i -> event("aggregate-" + i, 0, "{\"order\": {\"id\": " + i % 20 + "}}"))
                        .toArray(Event[]::new));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.events).hasSize(200));
        Map<Long, Set<Integer>> segments = new HashMap<>();
        Map<Long, Long> tokens = new HashMap<>();
        for (Received received : reader.events) {
            long order = received.token() % 20;
            segments.computeIfAbsent(order, key -> new HashSet<>()).add(received.segment());
            assertThat(received.token()).isEqualTo(tokens.getOrDefault(order, order - 20) + 20);
            tokens.put(order, received.token());
        }
        assertThat(segments.values()).allMatch(used -> used.size() == 1);
        assertThat(reader.events.stream().map(Received::segment)).contains(0, 1, 2, 3);
    }

    @Test
    void aClientsErrorIsShownUntilItsNextProgress() throws Exception {
        appendNumbered(0, 1);
        Reader reader = new Reader(client, "stream", properties(1, "SequentialPolicy", "TAIL"));
        reader.confirmUpTo = -1;
        await().atMost(PATIENCE).until(() -> reader.events.size() == 1);
        reader.open.get(0).error("cannot handle it");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(status("stream").getSegments(0).getError()).isEqualTo("cannot handle it"));
        reader.open.get(0).acknowledge(0);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(status("stream").getSegments(0).getError()).isEmpty());
    }

    /** Its handler is busy for longer than the node waits for it, and is done only when it has a new segment of the same number. */
    @Test
    void whatAClientConfirmsTooLateIsNotTakenForItsNewSegment() throws Exception {
        List<PersistentStreamSegment> open = openAndResetWhileBusy();
        takeUpTo(open.get(1), 5);

        open.get(0).acknowledge(5);
        open.get(0).acknowledge(PersistentStreamSegment.PENDING_WORK_DONE_MARKER);
        open.get(1).error("all before has come");

        await().atMost(PATIENCE)
                .until(() -> status("stream").getSegments(0).getError().equals("all before has come"));
        assertThat(position()).isEqualTo(-1);
        open.get(1).acknowledge(3);
        await().atMost(PATIENCE).until(() -> position() == 3);
        appendNumbered(6, 8);
        takeUpTo(open.get(1), 7);
        assertThat(open).hasSize(2);
    }

    /** Which never says that it is done with the old one. */
    @Test
    void aClientsNewSegmentGoesOnPastWhatItHadInTheOldOne() throws Exception {
        List<PersistentStreamSegment> open = openAndResetWhileBusy();
        appendNumbered(6, 8);
        takeUpTo(open.get(1), 7);

        open.get(1).acknowledge(7);

        await().atMost(PATIENCE).until(() -> position() == 7);
    }

    @Test
    void aClientThatGivesASegmentBackAndStaysGetsItAgain() throws Exception {
        List<PersistentStreamSegment> open = openWithoutConfirming();
        await().atMost(PATIENCE).until(() -> open.size() == 1);

        open.get(0).acknowledge(PersistentStreamSegment.PENDING_WORK_DONE_MARKER);

        await().atMost(PATIENCE).until(() -> open.size() == 2);
        appendNumbered(0, 1);
        takeUpTo(open.get(1), 0);
    }

    /** The old segment, of which six events were taken and none confirmed, and the new one of the same number. */
    private List<PersistentStreamSegment> openAndResetWhileBusy() throws Exception {
        appendNumbered(0, 6);
        List<PersistentStreamSegment> open = openWithoutConfirming();
        await().atMost(PATIENCE).until(() -> open.size() == 1);
        takeUpTo(open.get(0), 5);
        client.eventChannel().resetPersistentStreamAtTail("stream").get(30, TimeUnit.SECONDS);
        await().atMost(PATIENCE).until(() -> open.size() == 2);
        return open;
    }

    /** The segments in the order in which they are opened. */
    private List<PersistentStreamSegment> openWithoutConfirming() {
        List<PersistentStreamSegment> open = new CopyOnWriteArrayList<>();
        PersistentStream stream = client.eventChannel()
                .openPersistentStream(
                        "stream",
                        50,
                        10,
                        new PersistentStreamCallbacks(open::add, segment -> {}, segment -> {}, reason -> {}),
                        properties(1, "SequentialPolicy", "TAIL"));
        assertThat(stream).isNotNull();
        return open;
    }

    private static void takeUpTo(PersistentStreamSegment segment, long token) throws Exception {
        PersistentStreamEvent last;
        do {
            last = segment.nextIfAvailable(30, TimeUnit.SECONDS);
            assertThat(last).isNotNull();
        } while (last.getEvent().getToken() < token);
    }

    private void create(String identifier, PersistentStreamProperties properties) throws Exception {
        client.eventChannel().createPersistentStream(identifier, properties).get(30, TimeUnit.SECONDS);
    }

    private StreamStatus status(String identifier) throws Exception {
        return client.eventChannel().persistentStreams().get(30, TimeUnit.SECONDS).stream()
                .filter(status -> status.getStreamId().equals(identifier))
                .findFirst()
                .orElseThrow();
    }

    private void appendNumbered(int from, int to) throws Exception {
        Event[] events = IntStream.range(from, to)
                .mapToObj(i -> event("aggregate-" + i % 20, i / 20, "event " + i))
                .toArray(Event[]::new);
        append(client, events);
    }

    private static PersistentStreamProperties properties(int segments, String policy, String position) {
        return new PersistentStreamProperties("stream", segments, policy, List.of(), position, "");
    }

    private static PersistentStreamProperties named(String name) {
        return new PersistentStreamProperties(name, 1, "SequentialPolicy", List.of(), "TAIL", "");
    }

    private static PersistentStreamProperties filtered(String filter) {
        return new PersistentStreamProperties("stream", 1, "SequentialPolicy", List.of(), "TAIL", filter);
    }

    private record Received(int segment, long token, boolean replay, Event event) {}

    /** Takes what comes and confirms it at once, up to a position. */
    private static final class Reader {
        private final List<Received> events = new CopyOnWriteArrayList<>();
        private final Map<Integer, PersistentStreamSegment> open = new ConcurrentHashMap<>();
        private volatile long confirmUpTo = Long.MAX_VALUE;
        private volatile boolean streamClosed;

        Reader(AxonServerConnection connection, String identifier, PersistentStreamProperties properties) {
            PersistentStreamCallbacks callbacks = new PersistentStreamCallbacks(
                    segment -> open.put(segment.segment(), segment),
                    segment -> {
                        open.remove(segment.segment(), segment);
                        segment.acknowledge(PersistentStreamSegment.PENDING_WORK_DONE_MARKER);
                    },
                    this::take,
                    reason -> streamClosed = true);
            PersistentStream stream = properties == null
                    ? connection.eventChannel().openPersistentStream(identifier, 50, 10, callbacks)
                    : connection.eventChannel().openPersistentStream(identifier, 50, 10, callbacks, properties);
            assertThat(stream).isNotNull();
        }

        private synchronized void take(PersistentStreamSegment segment) {
            if (segment.isClosed()) {
                segment.acknowledge(PersistentStreamSegment.PENDING_WORK_DONE_MARKER);
                return;
            }
            for (PersistentStreamEvent next = segment.nextIfAvailable();
                    next != null;
                    next = segment.nextIfAvailable()) {
                long token = next.getEvent().getToken();
                events.add(new Received(
                        segment.segment(),
                        token,
                        next.getReplay(),
                        next.getEvent().getEvent()));
                if (token <= confirmUpTo) {
                    segment.acknowledge(token);
                }
            }
        }

        List<Long> tokens() {
            return events.stream().map(Received::token).toList();
        }
    }
}
