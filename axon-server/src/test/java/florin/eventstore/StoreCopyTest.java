package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import florin.eventstore.tool.CopyException;
import florin.eventstore.tool.StoreCopy;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store that moves from one server to another through the public API. */
class StoreCopyTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private NodeFixture source;
    private NodeFixture target;
    private AxonServerConnection atSource;
    private AxonServerConnection atTarget;

    @BeforeEach
    void start() {
        source = new NodeFixture(folder.resolve("source"));
        target = new NodeFixture(folder.resolve("target"));
        atSource = source.connect("source");
        atTarget = target.connect("target");
    }

    @AfterEach
    void stop() {
        source.close();
        target.close();
    }

    private String copy(String... options) throws InterruptedException {
        out.reset();
        List<String> arguments = new ArrayList<>(List.of(
                "--from",
                "localhost:" + source.node().grpcPort(),
                "--to",
                "localhost:" + target.node().grpcPort()));
        arguments.addAll(List.of(options));
        StoreCopy.run(new PrintStream(out, true, StandardCharsets.UTF_8), arguments.toArray(String[]::new));
        return out.toString(StandardCharsets.UTF_8);
    }

    /** More than a client takes in if it is not told otherwise. */
    private static final int LARGE = 5_000_000;

    private void fill() throws Exception {
        for (int transaction = 0; transaction < 30; transaction++) {
            List<Event> events = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                events.add(event("aggregate-" + transaction, i, "event " + i).toBuilder()
                        .putMetaData(
                                "one",
                                MetaDataValue.newBuilder().setTextValue("1").build())
                        .putMetaData(
                                "two",
                                MetaDataValue.newBuilder().setNumberValue(2).build())
                        .build());
            }
            events.add(event("", 0, "of no aggregate"));
            append(atSource, events.toArray(Event[]::new));
        }
        for (long sequence : new long[] {9, 19, 29}) {
            atSource.eventChannel()
                    .appendSnapshot(event(
                            "aggregate-7", sequence, "snapshot " + sequence + "x".repeat(sequence == 19 ? LARGE : 0)))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    private static List<Event> all(AxonServerConnection connection, int count) throws InterruptedException {
        List<Event> events = new ArrayList<>();
        try (var stream = connection.eventChannel().openStream(-1, 1000)) {
            while (events.size() < count) {
                events.add(stream.next().getEvent());
            }
        }
        return events;
    }

    @Test
    void theCopyIsTheSameInOrderAndContentWithItsSnapshots() throws Exception {
        fill();

        String told = copy();

        assertThat(told).contains("1530 events copied; 1530 on both sides").contains("3 snapshots on both sides");
        assertThat(all(atTarget, 1530)).isEqualTo(all(atSource, 1530));
        assertThat(NodeFixture.read(atTarget.eventChannel().loadSnapshot("aggregate-7")))
                .isEqualTo(NodeFixture.read(atSource.eventChannel().loadSnapshot("aggregate-7")));
    }

    /** The events together are larger than the heap of the process that copies them, and so are the snapshots. */
    @Test
    void largeEventsAndSnapshotsAreCopiedOneAfterTheOther() throws Exception {
        for (int sequence = 0; sequence < 20; sequence++) {
            Event large = event("a", sequence, "x".repeat(LARGE));
            append(atSource, large);
            atSource.eventChannel().appendSnapshot(large).get(30, TimeUnit.SECONDS);
        }
        Path told = folder.resolve("told");
        List<String> command = ServerProcess.command(
                "copy",
                "--from",
                "localhost:" + source.node().grpcPort(),
                "--to",
                "localhost:" + target.node().grpcPort());
        command.add(command.indexOf("-cp"), "-Xmx64m");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(told.toFile())
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
            assertThat(told)
                    .content()
                    .contains("20 events copied; 20 on both sides")
                    .contains("20 snapshots on both sides");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void anInterruptedCopyGoesOnWhereItStopped() throws Exception {
        fill();
        append(atTarget, all(atSource, 777).toArray(Event[]::new));

        assertThat(copy()).contains("has 777 events already").contains("753 events copied; 1530 on both sides");
        assertThat(all(atTarget, 1530)).isEqualTo(all(atSource, 1530));
        assertThat(copy()).contains("0 events copied; 1530 on both sides");
    }

    @Test
    void aTargetThatHoldsSomethingElseIsLeftAlone() throws Exception {
        fill();
        append(atTarget, event("something-else", 0, "else"));

        assertThatThrownBy(this::copy).isInstanceOf(CopyException.class).hasMessageContaining("differ");
        assertThat(atTarget.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isZero();
    }

    /** Of the second aggregate the source has no snapshot. */
    @ParameterizedTest
    @ValueSource(strings = {"aggregate-7", "aggregate-8"})
    void aCopyWhoseSnapshotsAreOthersThanThoseOfTheSourceIsNoSuccess(String aggregate) throws Exception {
        fill();
        copy();
        atTarget.eventChannel()
                .appendSnapshot(event(aggregate, 12, "of the target's own"))
                .get(30, TimeUnit.SECONDS);

        assertThatThrownBy(this::copy)
                .isInstanceOf(CopyException.class)
                .hasMessageContaining("the snapshots differ")
                .hasMessageContaining("has 3 with SHA-256")
                .hasMessageContaining("has 4 with");
    }

    @Test
    void aTargetThatHoldsMoreIsLeftAlone() throws Exception {
        append(atTarget, event("more", 0, "more"));

        assertThatThrownBy(this::copy).isInstanceOf(CopyException.class).hasMessageContaining("more than the 0");
    }

    @Test
    void aTargetThatAsksForATokenAndACertificateIsShownThoseInTheFiles() throws Exception {
        append(atSource, event("a", 0, "one"));
        target.close();
        Certificates server = Certificates.make(folder, "server");
        Certificates client = Certificates.make(folder, "client");
        AccessControl control = AccessControl.of(Map.of(
                "application.copy.token", "the-token-of-the-copy", "application.copy.roles", "USE_CONTEXT@default"));
        target = new NodeFixture(NodeConfiguration.of(folder.resolve("protected"), 0, 0)
                .withAccess(new Access(
                        control, Tls.read(server.certificate(), server.key(), client.certificate()), false)));

        assertThat(copy(
                        "--to-tls",
                        "--tls-ca",
                        server.certificate().toString(),
                        "--tls-certificate",
                        client.certificate().toString(),
                        "--tls-key",
                        client.key().toString(),
                        "--to-token-file",
                        Files.writeString(folder.resolve("token"), "the-token-of-the-copy\n")
                                .toString()))
                .contains("1 events copied; 1 on both sides");
    }

    @Test
    void filesThatCannotBeReadAreNamed() {
        assertThatThrownBy(() ->
                        copy("--from-token-file", folder.resolve("missing").toString()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot read the token in " + folder.resolve("missing"));
        assertThatThrownBy(() ->
                        copy("--to-tls", "--tls-ca", folder.resolve("missing").toString()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing");
        assertThatThrownBy(() -> copy("--tls-key", "file"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs both");
    }

    @Test
    void anEmptyStoreIsCopiedToo() throws Exception {
        assertThat(copy()).contains("0 events copied; 0 on both sides");
    }
}
