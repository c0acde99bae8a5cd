package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.storage.Backup;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.storage.StorageResources;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
    @TempDir
    private Path temporary;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private int run(String... arguments) {
        output.reset();
        PrintStream stream = new PrintStream(output, true, StandardCharsets.UTF_8);
        return new Commands(stream, stream).run(arguments);
    }

    private String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private Path folder(String name) {
        return temporary.resolve(name);
    }

    private int backup() {
        return run(
                "backup", folder("backup").toString(), "--data", folder("data").toString());
    }

    private int restore() {
        return run(
                "restore",
                folder("backup").toString(),
                "--data",
                folder("restored").toString());
    }

    private int verify(String name) {
        return run("verify", "--data", folder(name).toString());
    }

    @Test
    void aBackupOfARunningNodeIsRestoredAndComparesEqual() throws Exception {
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            AxonServerConnection first = fixture.connect("client");
            AxonServerConnection second = fixture.connect("client", "other", "second");
            for (int i = 0; i < 50; i++) {
                append(first, event("a", i, "event " + i));
            }
            append(second, event("b", 0, "elsewhere"));
            first.eventChannel().appendSnapshot(event("a", 20, "snapshot")).get(30, TimeUnit.SECONDS);
            first.eventChannel()
                    .scheduleEvent(Instant.now().plusSeconds(3600), event("", 0, "later"))
                    .get(30, TimeUnit.SECONDS);
            assertThat(backup()).as(output()).isZero();
            assertThat(output()).isEqualTo("default: 50 events\nsecond: 1 events\n");
        }

        assertThat(restore()).as(output()).isZero();
        assertThat(folder("restored").resolve("contexts/default/head"))
                .as("or it would be missed, with a warning")
                .exists();
        String restored = output();
        assertThat(restored)
                .contains("default: 50 events, 1 aggregates, 1 snapshots, 1 schedules, sha256 ")
                .contains("second: 1 events, 1 aggregates, 0 snapshots, 0 schedules, sha256 ");
        assertThat(verify("data")).as(output()).isZero();
        assertThat(output()).as("the original, now that its node has stopped").isEqualTo(restored);
        try (NodeFixture fixture = new NodeFixture(folder("restored"))) {
            AxonServerConnection client = fixture.connect("client");
            assertThat(read(client.eventChannel().openAggregateStream("a", false)))
                    .hasSize(50);
            append(client, event("a", 50, "the restored store goes on"));
        }
        assertThat(verify("restored")).as(output()).isZero();
    }

    @Test
    void aSecondBackupCopiesOnlyWhatIsNew() throws Exception {
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            AxonServerConnection client = fixture.connect("client");
            Random random = new Random(1);
            for (int i = 0; i < 40; i++) {
                byte[] noise = new byte[20_000];
                random.nextBytes(noise);
                append(client, event("", 0, HexFormat.of().formatHex(noise)));
            }
            assertThat(backup()).as(output()).isZero();
            List<Path> tables = tables();
            append(client, event("", 0, "one more"));
            assertThat(backup()).as(output()).isZero();

            List<Path> now = tables();
            assertThat(now).containsAll(tables);
            assertThat(bytes(now) - bytes(tables)).isLessThan(bytes(tables) / 10);
        }
        assertThat(restore()).as(output()).isZero();
        assertThat(output()).contains("default: 41 events");
    }

    @Test
    void aBackupUnderLoadHoldsWhatWasAcknowledgedBeforeIt() throws Exception {
        try (NodeFixture fixture = new NodeFixture(NodeConfiguration.of(folder("data"), 0, 0)
                .withStorage(StorageConfiguration.DEFAULT.withWriteBufferBytes(65_536)))) {
            AxonServerConnection client = fixture.connect("client");
            Thread writer = new Thread(() -> {
                try {
                    for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                        append(client, event("busy", i, "event " + i));
                    }
                } catch (Exception e) {
                    Thread.currentThread().interrupt();
                }
            });
            writer.start();
            long before = 0;
            for (int round = 0; round < 3; round++) {
                before = client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS);
                assertThat(backup()).as(output()).isZero();
            }
            writer.interrupt();
            writer.join();
            assertThat(restore()).as(output()).isZero();
            String count = output().substring("default: ".length(), output().indexOf(" events"));
            assertThat(Long.parseLong(count)).isGreaterThan(before);
        }
    }

    @Test
    void whatABackupThatWasKilledHasLeftIsRemovedByTheNextStart() throws Exception {
        Path left = Files.createDirectories(folder("data").resolve("checkpoints/default.tmp"));
        Files.writeString(left.resolve("000009.sst"), "a link");
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            assertThat(folder("data").resolve("checkpoints")).doesNotExist();
            append(fixture.connect("client"), event("a", 0, "one"));
            assertThat(backup()).as(output()).isZero();
            assertThat(folder("data").resolve("checkpoints")).isEmptyDirectory();
        }
    }

    /** The last file of the backup is written into a pipe that nobody reads. */
    @Test
    void aNodeEndsAlthoughABackupDoesNot() throws Exception {
        ServerProcess server = ServerProcess.start(folder("data"));
        AxonServerConnectionFactory connector = server.connector();
        Path pipe = folder("backup").resolve("contents.new");
        try {
            AxonServerConnection client = connector.connect("default");
            append(client, event("a", 0, "one"));
            assertThat(backup()).as(output()).isZero();
            append(client, event("a", 1, "two"));
            assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                    .isZero();
            CompletableFuture<Integer> running = CompletableFuture.supplyAsync(this::backup);
            Path copied = folder("backup").resolve("contexts/default/meta/2");
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(copied));

            server.process().destroy();

            assertThat(server.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(server.process().exitValue()).as("of SIGTERM").isEqualTo(143);
            assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(1);
            assertThat(output()).contains("the node answers 503: the node is shutting down");
        } finally {
            connector.shutdown();
            server.kill();
        }
        Files.delete(pipe);
        assertThat(restore()).as(output()).isZero();
        assertThat(output()).startsWith("default: 1 events");
        assertThat(backup()).as(output()).isZero();
        assertThat(output()).isEqualTo("default: 2 events\n");
    }

    @Test
    void aStoppedNodesStoreIsBackedUpToo() throws Exception {
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            append(fixture.connect("client"), event("a", 0, "one"));
        }
        assertThat(backup()).as(output()).isZero();
        assertThat(restore()).as(output()).isZero();
        assertThat(output()).startsWith("default: 1 events");
    }

    @Test
    void nothingIsOverwrittenAndNothingIsGuessed() throws Exception {
        assertThat(backup()).isEqualTo(1);
        assertThat(output()).contains("there is no event store in");
        assertThat(restore()).isEqualTo(1);
        assertThat(output()).contains("there is no backup in");
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            append(fixture.connect("client"), event("a", 0, "one"));
            Files.createDirectories(folder("backup"));
            Files.writeString(folder("backup").resolve("letter.txt"), "mine");
            assertThat(backup()).isEqualTo(1);
            assertThat(output()).contains("is neither empty nor a backup");
            Files.delete(folder("backup").resolve("letter.txt"));
            assertThat(backup()).as(output()).isZero();
            assertThat(run(
                            "backup",
                            folder("data").resolve("here").toString(),
                            "--data",
                            folder("data").toString()))
                    .isEqualTo(1);
        }
        assertThat(run(
                        "restore",
                        folder("backup").toString(),
                        "--data",
                        folder("data").toString()))
                .isEqualTo(1);
        assertThat(output()).contains("is not empty");
        assertThat(run("backup")).isEqualTo(2);
        assertThat(run("verify", "--nonsense")).isEqualTo(2);
    }

    @Test
    void verifyNamesWhatIsDamaged() throws Exception {
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            AxonServerConnection client = fixture.connect("client");
            for (int i = 0; i < 20; i++) {
                append(client, event("a", i, "event " + i));
            }
            assertThat(backup()).as("flushes the store into tables").isZero();
        }
        Path table;
        try (Stream<Path> files = Files.list(folder("data").resolve("contexts/default"))) {
            table = files.filter(file -> file.toString().endsWith(".sst"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(table);
        bytes[10] ^= 1;
        Files.write(table, bytes);

        assertThat(verify("data")).isEqualTo(1);
        assertThat(output()).contains(table.getFileName().toString());
    }

    /** A node would not serve the context. */
    @Test
    void aPersistentStreamThatCannotBeReadIsNamedByVerifyAndNotRestored() throws Exception {
        Path store = Files.createDirectories(folder("data").resolve("contexts/default"));
        try (StorageResources resources = new StorageResources(folder("data").resolve("native"));
                EventStorage storage = EventStorage.open(store, resources, StorageConfiguration.DEFAULT)) {
            storage.putStream("broken", new byte[] {9});
            new Backup(folder("backup"))
                    .create(Map.of("default", storage), folder("data").resolve("checkpoints"));
        }

        assertThat(verify("data")).isEqualTo(1);
        assertThat(output()).contains("the state of persistent stream broken cannot be read");
        assertThat(restore()).isEqualTo(1);
        assertThat(output()).contains("the state of persistent stream broken cannot be read");
        assertThat(folder("restored").resolve("contexts")).doesNotExist();
    }

    @Test
    void aDamagedBackupIsNotRestored() throws Exception {
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            append(fixture.connect("client"), event("a", 0, "one"));
            assertThat(backup()).isZero();
        }
        Path table = tables().get(0);
        byte[] bytes = Files.readAllBytes(table);
        bytes[bytes.length / 2] ^= 1;
        Files.write(table, bytes);

        assertThat(restore()).isEqualTo(1);
        assertThat(folder("restored").resolve("contexts")).doesNotExist();
    }

    @Test
    void verifySaysWhyItCannotUnpackItsLibrary() throws Exception {
        Files.writeString(
                Files.createDirectories(folder("data").resolve("contexts")).resolveSibling("native"), "taken");

        assertThat(verify("data")).isEqualTo(1);

        assertThat(output()).contains("verify failed: cannot unpack RocksDB's library");
    }

    @Test
    void verifyLeavesARunningNodeAlone() throws Exception {
        ServerProcess server = ServerProcess.start(folder("data"));
        try {
            assertThat(verify("data")).isEqualTo(1);
            assertThat(output()).contains("is in use by another process");
            assertThatThrownBy(() -> ServerProcess.start(folder("data"))).isInstanceOf(IOException.class);
            assertThat(backup())
                    .as("the second node has left the first one's control file alone")
                    .isZero();
        } finally {
            server.kill();
        }
        assertThat(backup())
                .as("a killed node leaves its control file: %s", output())
                .isZero();
        assertThat(verify("data")).isZero();
    }

    @Test
    void aNodeThatDoesNotAnswerIsNotWaitedForForEver() throws Exception {
        Files.createDirectories(folder("data").resolve("contexts"));
        try (ServerSocket hangs = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + hangs.getLocalPort();
            new ControlFile(address, ControlFile.newToken()).write(folder("data"));
            PrintStream stream = new PrintStream(output, true, StandardCharsets.UTF_8);

            int exit = new Commands(stream, stream, Duration.ofSeconds(1))
                    .run(
                            "backup",
                            folder("backup").toString(),
                            "--data",
                            folder("data").toString());

            assertThat(exit).isEqualTo(1);
            assertThat(output()).contains("backup failed: the node at " + address + " has not answered within 1 s");
            assertThat(folder("backup")).doesNotExist();
        }
    }

    @Test
    void aBackupNeedsTheTokenInTheDataFolder() throws Exception {
        try (NodeFixture fixture = new NodeFixture(folder("data"))) {
            HttpClient client = HttpClient.newHttpClient();
            URI uri = URI.create("http://" + ControlFile.read(folder("data")).address() + ControlServer.BACKUP_PATH);
            HttpRequest.BodyPublisher body =
                    HttpRequest.BodyPublishers.ofString(folder("backup").toString());
            for (HttpRequest request : List.of(
                    HttpRequest.newBuilder(uri).POST(body).build(),
                    HttpRequest.newBuilder(uri)
                            .header(ControlServer.TOKEN_HEADER, "guess")
                            .POST(body)
                            .build())) {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(403);
            }
            assertThat(folder("backup")).doesNotExist();
            assertThat(Files.getPosixFilePermissions(folder("data").resolve("control.properties")))
                    .hasSize(2);
        }
        assertThat(folder("data").resolve("control.properties")).doesNotExist();
    }

    private List<Path> tables() throws IOException {
        try (Stream<Path> files = Files.walk(folder("backup"))) {
            return files.filter(file -> file.toString().endsWith(".sst")).toList();
        }
    }

    private static long bytes(List<Path> files) throws IOException {
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        return bytes;
    }
}
