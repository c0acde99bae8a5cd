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
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.PersistentStreamEvent;
import java.io.BufferedReader;
import java.io.IOException;
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
        Process first = start();
        try {
            AxonServerConnectionFactory factory = connectTo(port(first));
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
            first.destroyForcibly().waitFor();
            factory.shutdown();
        } finally {
            first.destroyForcibly().waitFor();
        }
        Process second = start();
        try {
            AxonServerConnectionFactory factory = connectTo(port(second));
            List<Long> tokens = read(factory.connect("default"), -1);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(tokens)
                    .containsExactlyElementsOf(
                            LongStream.range(LAST_CONFIRMED + 1, 60).boxed().toList()));
            factory.shutdown();
        } finally {
            second.destroyForcibly().waitFor();
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

    private static AxonServerConnectionFactory connectTo(int port) {
        return AxonServerConnectionFactory.forClient("client")
                .routingServers(new ServerAddress("localhost", port))
                .connectTimeout(10, TimeUnit.SECONDS)
                .build();
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "--data",
                        data.toString(),
                        "--grpc-port",
                        "0",
                        "--http-port",
                        "0")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static int port(Process process) throws IOException {
        BufferedReader output = process.inputReader();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("axon-server is ready")) {
                String address = line.substring(line.indexOf("gRPC "), line.indexOf(", HTTP"));
                Thread drain = new Thread(() -> output.lines().forEach(rest -> {}));
                drain.setDaemon(true);
                drain.start();
                return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            }
        }
        throw new IOException("the server ended before it was ready");
    }
}
