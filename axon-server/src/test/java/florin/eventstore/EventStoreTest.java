package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventStoreTest {
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
    void appendedEventsAreReadByAggregateInOrder() throws Exception {
        append(client, event("a", 0, "one"), event("b", 0, "other"), event("a", 1, "two"));
        append(client, event("a", 2, "three"));

        assertThat(texts(read(client.eventChannel().openAggregateStream("a")))).containsExactly("one", "two", "three");
        assertThat(texts(read(client.eventChannel().openAggregateStream("a", 1))))
                .containsExactly("two", "three");
        assertThat(texts(read(client.eventChannel().openAggregateStream("a", 1, 1))))
                .containsExactly("two");
        assertThat(read(client.eventChannel().openAggregateStream("unknown"))).isEmpty();
        assertThat(client.eventChannel().findHighestSequence("a").get()).isEqualTo(2);
        assertThat(client.eventChannel().findHighestSequence("unknown").get()).isEqualTo(-1);
    }

    @Test
    void anIdentifierThatIsThePrefixOfAnotherHasItsOwnEvents() throws Exception {
        append(client, event("a", 0, "a"), event("ab", 0, "ab"), event("a\0", 0, "a0"));

        assertThat(texts(read(client.eventChannel().openAggregateStream("a")))).containsExactly("a");
        assertThat(texts(read(client.eventChannel().openAggregateStream("ab")))).containsExactly("ab");
    }

    @Test
    void aLongAggregateIsReadCompletely() throws Exception {
        Event[] events = new Event[1500];
        for (int i = 0; i < events.length; i++) {
            events[i] = event("long", i, "event " + i);
        }
        append(client, events);

        assertThat(read(client.eventChannel().openAggregateStream("long"))).containsExactly(events);
    }

    /** Nobody knows how long a packed message is until its end has been read. */
    @Test
    void eventsThatAreSentPackedAreStoredAsTheyAre() throws Exception {
        AxonServerConnection packing = fixture.connect(
                "packing",
                "packing",
                "default",
                builder -> builder.customize(channel -> channel.intercept(new ClientInterceptor() {
                    @Override
                    public <Q, S> ClientCall<Q, S> interceptCall(
                            MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
                        return next.newCall(method, options.withCompression("gzip"));
                    }
                })));
        Event[] events = {event("a", 0, ""), event("a", 1, "one"), event("a", 2, "many ".repeat(100_000))};
        append(packing, events);

        assertThat(read(client.eventChannel().openAggregateStream("a"))).containsExactly(events);
        fixture.restart();
        assertThat(read(fixture.connect("client").eventChannel().openAggregateStream("a")))
                .containsExactly(events);
    }

    @Test
    void aSecondEventWithTheSameSequenceIsRefused() throws Exception {
        append(client, event("a", 0, "first"));

        assertThatThrownBy(() -> append(client, event("a", 0, "second"))).satisfies(EventStoreTest::isInvalidSequence);
        assertThatThrownBy(() -> append(client, event("a", 2, "gap"))).satisfies(EventStoreTest::isInvalidSequence);
        assertThatThrownBy(() -> append(client, event("b", 0, "one"), event("b", 0, "twice")))
                .satisfies(EventStoreTest::isInvalidSequence);
        append(client, event("a", 1, "next"));
        assertThat(client.eventChannel().getLastToken().get()).isEqualTo(1);
    }

    /** The name would not fit into what a client takes as the description of a status. */
    @Test
    void aSecondEventOfAnAggregateWithALongNameIsRefusedLikeAnyOther() throws Exception {
        String longest = "\u00fc".repeat(2048);
        append(client, event(longest, 0, "first"));

        assertThatThrownBy(() -> append(client, event(longest, 0, "second")))
                .satisfies(EventStoreTest::isInvalidSequence)
                .hasMessageContaining("invalid sequence number 0 for aggregate");
    }

    @Test
    void aRefusedTransactionLeavesNothingBehind() throws Exception {
        assertThatThrownBy(() -> append(client, event("a", 0, "fine"), event("b", 1, "not fine")))
                .satisfies(EventStoreTest::isInvalidSequence);

        assertThat(client.eventChannel().getLastToken().get()).isEqualTo(-1);
        assertThat(read(client.eventChannel().openAggregateStream("a"))).isEmpty();
        append(client, event("a", 0, "now"));
    }

    @Test
    void aTransactionThatIsRolledBackLeavesNothingBehind() throws Exception {
        client.eventChannel()
                .startAppendEventsTransaction()
                .appendEvent(event("a", 0, "never"))
                .rollback();
        append(client, event("a", 0, "now"));

        assertThat(client.eventChannel().getLastToken().get()).isZero();
    }

    @Test
    void ofConcurrentWritersOneWins() throws Exception {
        List<CompletableFuture<?>> commits = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            commits.add(client.eventChannel()
                    .startAppendEventsTransaction()
                    .appendEvent(event("contended", 0, "writer " + i))
                    .commit());
        }
        int won = 0;
        for (CompletableFuture<?> commit : commits) {
            try {
                commit.get(30, TimeUnit.SECONDS);
                won++;
            } catch (ExecutionException e) {
                isInvalidSequence(e);
            }
        }
        assertThat(won).isEqualTo(1);
    }

    @Test
    void aStreamDeliversWhatIsStoredAndThenWhatComes() throws Exception {
        for (int i = 0; i < 100; i++) {
            append(client, event("", 0, "event " + i));
        }
        try (EventStream stream = client.eventChannel().openStream(-1, 64)) {
            for (int i = 0; i < 100; i++) {
                EventWithToken next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
                assertThat(next.getToken()).isEqualTo(i);
                assertThat(next.getEvent().getPayload().getData().toStringUtf8())
                        .isEqualTo("event " + i);
            }
            assertThat(stream.nextIfAvailable()).isNull();
            append(client, event("", 0, "live"));
            assertThat(stream.nextIfAvailable(30, TimeUnit.SECONDS).getToken()).isEqualTo(100);
        }
        try (EventStream stream = client.eventChannel().openStream(49, 64)) {
            assertThat(stream.nextIfAvailable(30, TimeUnit.SECONDS).getToken()).isEqualTo(50);
        }
    }

    @Test
    void aTokenBeyondTheEndOfTheStoreIsRefusedAndTheEventToComeMayBeAskedFor() throws Exception {
        append(client, event("", 0, "zero"), event("", 0, "one"));
        try (EventStream ahead = client.eventChannel().openStream(2, 64)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(() ->
                            ahead.nextIfAvailable() == null && ahead.getError().isPresent());
            assertThat(ahead.getError().orElseThrow())
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("OUT_OF_RANGE")
                    .hasMessageContaining("AXONIQ-9200")
                    .hasMessageContaining("has token 2, and the last event has token 1")
                    .hasMessageContaining("reset");
        }
        try (EventStream upToDate = client.eventChannel().openStream(1, 64)) {
            assertThat(upToDate.nextIfAvailable()).isNull();
            append(client, event("", 0, "two"));
            assertThat(upToDate.nextIfAvailable(30, TimeUnit.SECONDS).getToken())
                    .isEqualTo(2);
        }
        long future = client.eventChannel().getTokenAt(Long.MAX_VALUE).get(30, TimeUnit.SECONDS);
        try (EventStream later = client.eventChannel().openStream(future, 64)) {
            append(client, event("", 0, "three"));
            assertThat(later.nextIfAvailable(30, TimeUnit.SECONDS).getToken()).isEqualTo(3);
        }
    }

    @Test
    void aReaderThatStandsStillDoesNotHoldUpAWriter() throws Exception {
        try (EventStream still = client.eventChannel().openStream(-1, 64)) {
            for (int i = 0; i < 20; i++) {
                Event[] events = new Event[100];
                for (int j = 0; j < 100; j++) {
                    events[j] = event("", 0, "x".repeat(1000));
                }
                append(client, events);
            }
            for (int i = 0; i < 2000; i++) {
                assertThat(still.nextIfAvailable(30, TimeUnit.SECONDS).getToken())
                        .isEqualTo(i);
            }
        }
    }

    @Test
    void eventsSurviveARestart() throws Exception {
        append(client, event("a", 0, "one"), event("a", 1, "two"));
        client.eventChannel().appendSnapshot(event("a", 1, "snapshot")).get(30, TimeUnit.SECONDS);
        fixture.restart();
        client = fixture.connect("client");

        assertThat(texts(read(client.eventChannel().openAggregateStream("a", false))))
                .containsExactly("one", "two");
        assertThat(texts(read(client.eventChannel().openAggregateStream("a", true))))
                .containsExactly("snapshot");
        assertThatThrownBy(() -> append(client, event("a", 1, "again"))).satisfies(EventStoreTest::isInvalidSequence);
        append(client, event("a", 2, "three"));
        assertThat(client.eventChannel().getLastToken().get()).isEqualTo(2);
    }

    @Test
    void aSnapshotStandsForTheEventsBeforeIt() throws Exception {
        append(client, event("a", 0, "one"), event("a", 1, "two"), event("a", 2, "three"));
        client.eventChannel().appendSnapshot(event("a", 0, "old")).get(30, TimeUnit.SECONDS);
        client.eventChannel().appendSnapshot(event("a", 1, "new")).get(30, TimeUnit.SECONDS);

        List<Event> withSnapshot = read(client.eventChannel().openAggregateStream("a", true));
        assertThat(texts(withSnapshot)).containsExactly("new", "three");
        assertThat(withSnapshot.get(0).getSnapshot()).isTrue();
        assertThat(texts(read(client.eventChannel().openAggregateStream("a", false))))
                .containsExactly("one", "two", "three");
        assertThat(texts(read(client.eventChannel().loadSnapshots("a", 0, Long.MAX_VALUE, 10))))
                .containsExactly("new", "old");
        assertThat(texts(read(client.eventChannel().loadSnapshots("a", 0, 0, 1))))
                .containsExactly("old");
    }

    @Test
    void tokensAreFoundByTime() throws Exception {
        assertThat(client.eventChannel().getLastToken().get()).isEqualTo(-1);
        assertThat(client.eventChannel().getFirstToken().get()).isEqualTo(-1);
        for (long timestamp : new long[] {1000, 3000, 2000, 5000}) {
            append(
                    client,
                    event("", 0, "at").toBuilder().setTimestamp(timestamp).build());
        }
        assertThat(tokenAt(0)).isEqualTo(-1);
        assertThat(tokenAt(1500)).isEqualTo(0);
        assertThat(tokenAt(3000)).isEqualTo(0);
        assertThat(tokenAt(3001)).isEqualTo(2);
        assertThat(tokenAt(6000)).isEqualTo(3);
        assertThat(client.eventChannel().getFirstToken().get()).isEqualTo(-1);
    }

    @Test
    void contextsAreSeparate() throws Exception {
        AxonServerConnection other = fixture.connect("client", "other-context", "second");
        append(client, event("a", 0, "default"));
        append(other, event("a", 0, "second"));

        assertThat(texts(read(client.eventChannel().openAggregateStream("a")))).containsExactly("default");
        assertThat(texts(read(other.eventChannel().openAggregateStream("a")))).containsExactly("second");
    }

    private long tokenAt(long instant) throws Exception {
        return client.eventChannel().getTokenAt(instant).get(30, TimeUnit.SECONDS);
    }

    private static List<String> texts(List<Event> events) {
        return events.stream()
                .map(event -> event.getPayload().getData().toStringUtf8())
                .toList();
    }

    private static void isInvalidSequence(Throwable thrown) {
        Throwable cause = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
        assertThat(cause).isInstanceOf(StatusRuntimeException.class);
        Metadata trailers = ((StatusRuntimeException) cause).getTrailers();
        assertThat(trailers).isNotNull();
        assertThat(trailers.get(Metadata.Key.of("AxonIQ-ErrorCode", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("AXONIQ-2000");
    }
}
