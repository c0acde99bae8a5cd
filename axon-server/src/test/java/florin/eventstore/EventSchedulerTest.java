package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.NodeConfiguration.Limits;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.Schedule;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.storage.StorageResources;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventSchedulerTest {
    private static final int MOST = 5;

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
    void aScheduledEventIsPublishedWhenItIsDue() throws Exception {
        schedule(200, "soon");

        assertThat(nextEvent()).isEqualTo("soon");
    }

    @Test
    void aCancelledEventIsNeverPublished() throws Exception {
        String token = schedule(60_000, "cancelled");
        assertThat(client.eventChannel()
                        .cancelSchedule(token)
                        .get(30, TimeUnit.SECONDS)
                        .getSuccess())
                .isTrue();
        fixture.restart();
        client = fixture.connect("client");
        schedule(100, "marker");

        assertThat(nextEvent()).isEqualTo("marker");
        assertThat(client.eventChannel().getLastToken().get()).isZero();
    }

    @Test
    void aRescheduledEventIsPublishedInPlaceOfTheFirst() throws Exception {
        String token = schedule(60_000, "first");
        reschedule(token, "second");

        assertThat(nextEvent()).isEqualTo("second");
    }

    @Test
    void aScheduleSurvivesARestartAndIsPublishedOnce() throws Exception {
        schedule(1500, "survivor");
        fixture.restart();
        client = fixture.connect("client");

        assertThat(nextEvent()).isEqualTo("survivor");
        fixture.restart();
        client = fixture.connect("client");
        assertThat(client.eventChannel().getLastToken().get()).isZero();
    }

    @Test
    void manyThatAreDueAtOnceAreAllPublishedOnce() throws Exception {
        List<CompletableFuture<String>> scheduled = new ArrayList<>();
        Instant due = Instant.now().plusSeconds(4);
        for (int number = 0; number < 1000; number++) {
            scheduled.add(client.eventChannel().scheduleEvent(due, event("", 0, "number " + number)));
        }
        for (CompletableFuture<String> one : scheduled) {
            one.get(30, TimeUnit.SECONDS);
        }
        fixture.restart();
        client = fixture.connect("client");

        Set<String> published = new HashSet<>();
        try (EventStream stream = client.eventChannel().openStream(-1, 64)) {
            while (published.size() < 1000) {
                EventWithToken next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
                assertThat(published.add(next.getEvent().getPayload().getData().toStringUtf8()))
                        .isTrue();
            }
        }
        fixture.restart();
        client = fixture.connect("client");
        assertThat(client.eventChannel().getLastToken().get()).isEqualTo(999);
    }

    @Test
    void whatIsOverdueAtAStartIsPublishedInTheOrderInWhichItWasDue() throws Exception {
        int events = 1000;
        fixture.close();
        List<Integer> order = new ArrayList<>(IntStream.range(0, events).boxed().toList());
        Collections.shuffle(order, new Random(1));
        try (StorageResources resources = new StorageResources(data.resolve("native"));
                EventStorage storage =
                        EventStorage.open(data.resolve("contexts/default"), resources, StorageConfiguration.DEFAULT)) {
            for (int number : order) {
                storage.schedule(
                        new Schedule(
                                UUID.randomUUID().toString(), 1000L * number, event("", 0, String.valueOf(number))),
                        null);
            }
        }
        fixture = new NodeFixture(data);
        client = fixture.connect("client");

        List<Integer> published = new ArrayList<>();
        try (EventStream stream = client.eventChannel().openStream(-1, 64)) {
            while (published.size() < events) {
                EventWithToken next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
                published.add(
                        Integer.valueOf(next.getEvent().getPayload().getData().toStringUtf8()));
            }
        }
        assertThat(published).isSorted();
    }

    @Test
    void oneCanBeReplacedThoughNoMoreCanBeScheduled() throws Exception {
        fixture.close();
        fixture = new NodeFixture(NodeConfiguration.of(data, 0, 0).withLimits(new Limits(1 << 20, 10, MOST)));
        client = fixture.connect("client");
        String token = schedule(3_600_000, "first");
        for (int number = 1; number < MOST; number++) {
            schedule(3_600_000, "another");
        }
        fixture.restart();
        client = fixture.connect("client");
        assertThatThrownBy(() -> schedule(3_600_000, "one more"))
                .hasMessageContaining("no more than " + MOST + " events");
        assertThatThrownBy(() -> reschedule("unknown token", "one more"))
                .hasMessageContaining("no more than " + MOST + " events");

        reschedule(token, "second");

        assertThat(nextEvent()).isEqualTo("second");
        schedule(3_600_000, "in place of the one that is published");
    }

    private void reschedule(String token, String text) throws Exception {
        client.eventChannel()
                .reschedule(token, Instant.now().plusMillis(100), event("", 0, text))
                .get(30, TimeUnit.SECONDS);
    }

    private String schedule(long delayMs, String text) throws Exception {
        return client.eventChannel()
                .scheduleEvent(Instant.now().plusMillis(delayMs), event("", 0, text))
                .get(30, TimeUnit.SECONDS);
    }

    private String nextEvent() throws InterruptedException {
        try (EventStream stream = client.eventChannel().openStream(-1, 64)) {
            EventWithToken next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
            return next.getEvent().getPayload().getData().toStringUtf8();
        }
    }
}
