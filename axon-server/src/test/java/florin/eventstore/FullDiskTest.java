package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import florin.eventstore.storage.StorageConfiguration;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.grpc.event.Event;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appends are refused when nothing can be written, reads go on, and it works again without a restart. */
class FullDiskTest {
    @TempDir
    private Path data;

    @Test
    void appendsAreRefusedWhileTheVolumeHasTooLittleRoom() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeThat(memory).as("a volume that nobody else fills").isDirectory();
        long free = Files.getFileStore(memory).getUsableSpace();
        assumeThat(free).isGreaterThan(256L << 20);
        Path folder = Files.createTempDirectory(memory, "axon-server");
        Path filler = folder.resolve("filler");
        StorageConfiguration storage = StorageConfiguration.DEFAULT.withMinFreeBytes(free - (96L << 20));
        try (NodeFixture fixture = new NodeFixture(
                NodeConfiguration.of(folder.resolve("data"), 0, 0).withStorage(storage))) {
            AxonServerConnection client = fixture.connect("client");
            append(client, event("a", 0, "there is room"));
            Files.write(filler, new byte[128 << 20]);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThatThrownBy(() -> append(client, event("", 0, "no room")))
                            .satisfies(thrown -> assertRefused(thrown, "the disk is full: ")));
            assertThat(read(client.eventChannel().openAggregateStream("a"))).hasSize(1);
            assertThat(fixture.http("GET", "/actuator/health", ""))
                    .satisfies(health -> assertThat(health.statusCode()).isEqualTo(503))
                    .satisfies(health -> assertThat(health.body())
                            .contains("\"status\":\"DOWN\"")
                            .contains("\"default\":\"the disk is full: "));
            assertThat(fixture.http("GET", "/actuator/prometheus", "").body().lines())
                    .contains("axon_context_up{context=\"default\"} 0");
            Files.delete(filler);
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(
                            fixture.http("GET", "/actuator/health", "").body())
                    .as("although nobody has tried to append meanwhile")
                    .isEqualTo("{\"status\":\"UP\"}"));
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(() -> append(client, event("a", 1, "room again")));
            assertThat(read(client.eventChannel().openAggregateStream("a"))).hasSize(2);
        } finally {
            delete(folder);
        }
    }

    /** A file that must not grow fails the write itself, as a full disk does, and needs neither root nor a volume. */
    @Test
    void afterAWriteThatFailedTheStoreWorksAgainWithoutARestart() throws Exception {
        assumeThat(Path.of("/usr/bin/prlimit")).exists();
        Random random = new Random(1);
        ServerProcess server = ServerProcess.start(data);
        AxonServerConnectionFactory factory = server.connector();
        try {
            AxonServerConnection client = factory.connect("default");
            List<String> acknowledged = new ArrayList<>();
            grow(client, acknowledged, random);
            limitFileSize(server, Integer.toString(1 << 20));
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 200; i++) {
                            grow(client, acknowledged, random);
                        }
                    })
                    .satisfies(thrown -> assertRefused(thrown, "AXONIQ-9100"));
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> append(client, event("", 0, "x".repeat(2 << 20))))
                        .satisfies(thrown -> assertRefused(thrown, "AXONIQ-9100"));
                assertThat(identifiers(client)).isEqualTo(acknowledged);
            }

            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(health(server)).contains("DOWN", "the store cannot be written: "));
            limitFileSize(server, "unlimited");
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(health(server))
                    .as("although nobody has tried to append meanwhile")
                    .isEqualTo("{\"status\":\"UP\"}"));
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(300))
                    .ignoreExceptions()
                    .until(() -> {
                        append(client, event("probe", 0, "x"));
                        return true;
                    });
            append(client, event("probe", 1, "x"));
            assertThat(identifiers(client)).startsWith(acknowledged.toArray(String[]::new));
            assertThat(server.process().isAlive()).isTrue();
        } finally {
            factory.shutdown();
            server.kill();
        }
        ServerProcess again = ServerProcess.start(data);
        AxonServerConnectionFactory second = again.connector();
        try {
            assertThat(read(second.connect("default").eventChannel().openAggregateStream("probe")))
                    .hasSize(2);
        } finally {
            second.shutdown();
            again.kill();
        }
    }

    private static String health(ServerProcess server) throws Exception {
        URI address = URI.create("http://127.0.0.1:" + server.httpPort() + "/actuator/health");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void grow(AxonServerConnection client, List<String> acknowledged, Random random) throws Exception {
        byte[] noise = new byte[32 << 10];
        random.nextBytes(noise);
        Event event = event("grows", acknowledged.size(), HexFormat.of().formatHex(noise));
        append(client, event);
        acknowledged.add(event.getMessageIdentifier());
    }

    private static List<String> identifiers(AxonServerConnection client) throws InterruptedException {
        return read(client.eventChannel().openAggregateStream("grows")).stream()
                .map(Event::getMessageIdentifier)
                .toList();
    }

    private static void assertRefused(Throwable thrown, String words) {
        Throwable cause = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
        assertThat(cause).isInstanceOf(StatusRuntimeException.class).hasMessageContaining(words);
    }

    /** Only the soft limit: whoever owns a process may lower and raise that. */
    private static void limitFileSize(ServerProcess server, String bytes) throws Exception {
        Process process = new ProcessBuilder(
                        "prlimit", "--pid", Long.toString(server.process().pid()), "--fsize=" + bytes + ":")
                .inheritIO()
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file :
                    files.sorted((left, right) -> right.compareTo(left)).toList()) {
                Files.delete(file);
            }
        }
    }
}
