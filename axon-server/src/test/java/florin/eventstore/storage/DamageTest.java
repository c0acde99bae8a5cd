package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.copy;
import static florin.eventstore.storage.StoreFixture.delete;
import static florin.eventstore.storage.StoreFixture.event;
import static florin.eventstore.storage.StoreFixture.files;
import static florin.eventstore.storage.StoreFixture.logs;
import static florin.eventstore.storage.StoreFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;

/** Damages copies of a store in every way that a disk can: each is refused by name, or the data is exactly right. */
class DamageTest {
    private static final long SEED = 20_261_125;

    @TempDir
    private static Path temporary;

    private static StoreFixture fixture;
    private static Path folder;
    private static final List<Event> EXPECTED = new ArrayList<>();

    /** Two table files per family, an older log that is still needed, and the last log. */
    @BeforeAll
    static void fill() throws Exception {
        fixture = new StoreFixture(temporary.resolve("native"));
        folder = temporary.resolve("store");
        Random random = new Random(SEED);
        try (EventStorage storage = fixture.open(folder)) {
            for (int i = 0; i < 300; i++) {
                Event event = event(
                        "aggregate-" + i / 10,
                        i % 10,
                        Long.toHexString(random.nextLong()).repeat(5));
                append(storage, event);
                EXPECTED.add(event);
                EventDatabase database = storage.database();
                try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
                    if (i == 100 || i == 180) {
                        database.rocks.flush(options, List.of(database.events, database.aggregates));
                    } else if (i == 240) {
                        // A new log begins, and the one before it still holds what only this family has written out.
                        database.rocks.flush(options, database.events);
                    }
                }
            }
            storage.appendSnapshot(event("aggregate-1", 5, "snapshot"))
                    .toCompletableFuture()
                    .join();
        }
        assertThat(logs(folder)).hasSizeGreaterThanOrEqualTo(2);
        assertThat(files(folder, ".sst")).hasSizeGreaterThanOrEqualTo(4);
    }

    @AfterAll
    static void close() {
        fixture.close();
    }

    @Test
    void anUnharmedCopyIsRight() throws Exception {
        assertThat(outcome(file -> {}, logs(folder).get(0))).isEqualTo("right");
    }

    @Test
    void aFlippedByteInAnyFileIsNeverServedAsData() throws Exception {
        Random random = new Random(SEED);
        for (Path file : damageable()) {
            int size = (int) Files.size(file);
            for (int i = 0; i < 12; i++) {
                int position = i == 0 ? 0 : i == 1 ? size - 1 : random.nextInt(size);
                int bit = 1 << random.nextInt(8);
                String outcome = outcome(copy -> flip(copy, position, bit), file);
                assertRefusedByNameOrRight(outcome, file, "bit " + bit + " of byte " + position + " of " + size);
            }
        }
    }

    @Test
    void aFlippedByteAnywhereInTheLastRecordsOfTheLogIsNeverServedAsData() throws Exception {
        Path log = logs(folder).get(logs(folder).size() - 1);
        int size = (int) Files.size(log);
        for (int position = size - 64; position < size; position++) {
            int at = position;
            String outcome = outcome(copy -> flip(copy, at, 0xFF), log);
            assertThat(outcome).as("byte " + position + " of " + size).isNotEqualTo("right");
            assertRefusedByNameOrRight(outcome, log, "byte " + position + " of " + size);
        }
    }

    @Test
    void aTruncatedFileIsNeverServedAsData() throws Exception {
        Random random = new Random(SEED);
        for (Path file : damageable()) {
            int size = (int) Files.size(file);
            for (int i = 0; i < 12; i++) {
                int length = i == 0 ? 0 : i == 1 ? size - 1 : random.nextInt(size);
                String outcome = outcome(copy -> truncate(copy, length), file);
                assertRefusedByNameOrRight(outcome, file, "cut to " + length + " of " + size);
            }
        }
    }

    @Test
    void aMissingFileIsNeverServedAsData() throws Exception {
        for (Path file : damageable()) {
            assertRefusedByNameOrRight(outcome(Files::delete, file), file, "deleted");
        }
    }

    @Test
    void aLogThatEndsBeforeItsLastSyncIsRefusedAndSaysSo() throws Exception {
        Path log = logs(folder).get(logs(folder).size() - 1);
        long size = Files.size(log);
        Path copy = temporary.resolve("short-log");
        copy(folder, copy);
        truncate(copy.resolve(log.getFileName()), size - 1);

        assertThatThrownBy(() -> fixture.open(copy))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(copy.toString())
                .hasMessageContaining("had been synced");
    }

    private interface Damage {
        void apply(Path file) throws IOException;
    }

    private static List<Path> damageable() throws IOException {
        List<Path> damageable = new ArrayList<>(files(folder, ".sst"));
        damageable.addAll(logs(folder));
        damageable.addAll(files(folder, "head"));
        damageable.addAll(files(folder, "CURRENT"));
        try (var all = Files.list(folder)) {
            all.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .forEach(damageable::add);
        }
        damageable.removeIf(file -> file.toFile().length() == 0);
        return damageable;
    }

    /** "right", or what the store says: at opening, or at reading all of it in each way that there is. */
    private static String outcome(Damage damage, Path file) throws Exception {
        Path copy = temporary.resolve("copy");
        copy(folder, copy);
        damage.apply(copy.resolve(file.getFileName()));
        try (EventStorage storage = fixture.open(copy)) {
            assertThat(readAll(storage)).isEqualTo(EXPECTED);
            for (int aggregate = 0; aggregate < 30; aggregate++) {
                assertThat(storage.readAggregate("aggregate-" + aggregate, 0, Long.MAX_VALUE, 100, 1 << 20, true)
                                .events())
                        .extracting(StoredEvent::event)
                        .isEqualTo(EXPECTED.subList(aggregate * 10, aggregate * 10 + 10));
            }
            assertThat(storage.readSnapshots("aggregate-1", 0, Long.MAX_VALUE, 10))
                    .hasSize(1);
            return "right";
        } catch (Refusal refusal) {
            return refusal.getMessage();
        } finally {
            delete(copy);
        }
    }

    private static void assertRefusedByNameOrRight(String outcome, Path file, String damage) {
        if (!outcome.equals("right")) {
            assertThat(outcome)
                    .as(file.getFileName() + ": " + damage)
                    .contains(temporary.resolve("copy").toString())
                    .doesNotContain("another process")
                    .satisfiesAnyOf(
                            message -> assertThat(message)
                                    .contains(file.getFileName().toString()),
                            // A log that has lost its end or is gone altogether is known by what it should have held.
                            message -> assertThat(message).contains("had been synced"),
                            message -> assertThat(message).contains("log number"));
        }
    }

    private static void flip(Path file, int position, int bits) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= (byte) bits;
        Files.write(file, bytes);
    }

    private static void truncate(Path file, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
    }
}
