package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.PersistentStreamCallbacks;
import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import io.axoniq.axonserver.connector.event.PersistentStreamSegment;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.PersistentStreamEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client confirmed of a persistent stream is kept by a process that is killed. */
class PersistentStreamCrashTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long LAST_CONFIRMED = 41;

    @TempDir
    private Path data;

    @Test
    void confirmedProgressSurvivesAKill() throws Exception {
        ServerProcess first = ServerProcess.start(data);
        AxonServerConnectionFactory factory = first.connector();
        try {
            AxonServerConnection client = factory.connect("default");
            Event[] events = new Event[60];
            for (int i = 0; i < events.length; i++) {
                events[i] = event("a", i, "event " + i);
            }
            append(client, events);
            read(client, LAST_CONFIRMED);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(client.eventChannel()
                            .persistentStreams()
                            .get(10, TimeUnit.SECONDS)
                            .get(0)
                            .getSegments(0)
                            .getPosition())
                    .isEqualTo(LAST_CONFIRMED));
        } finally {
            first.kill();
            factory.shutdown();
        }
        ServerProcess second = ServerProcess.start(data);
        AxonServerConnectionFactory again = second.connector();
        try {
            List<Long> tokens = read(again.connect("default"), -1);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(tokens)
                    .containsExactlyElementsOf(
                            LongStream.range(LAST_CONFIRMED + 1, 60).boxed().toList()));
        } finally {
            again.shutdown();
            second.kill();
        }
    }

    private static List<Long> read(AxonServerConnection client, long confirmUpTo) {
        List<Long> tokens = new CopyOnWriteArrayList<>();
        PersistentStreamCallbacks callbacks = new PersistentStreamCallbacks(
                segment -> {}, segment -> {}, segment -> take(segment, tokens, confirmUpTo), reason -> {});
        var unused = client.eventChannel()
                .openPersistentStream(
                        "stream",
                        100,
                        50,
                        callbacks,
                        new PersistentStreamProperties("", 1, "SequentialPolicy", List.of(), "TAIL", ""));
        return tokens;
    }

    private static void take(PersistentStreamSegment segment, List<Long> tokens, long confirmUpTo) {
        synchronized (tokens) {
            for (PersistentStreamEvent next = segment.nextIfAvailable();
                    next != null;
                    next = segment.nextIfAvailable()) {
                tokens.add(next.getEvent().getToken());
                if (next.getEvent().getToken() <= confirmUpTo) {
                    segment.acknowledge(next.getEvent().getToken());
                }
            }
        }
    }
}
