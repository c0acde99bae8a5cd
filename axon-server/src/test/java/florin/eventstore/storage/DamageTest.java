package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.copy;
import static florin.eventstore.storage.StoreFixture.delete;
import static florin.eventstore.storage.StoreFixture.endOf;
import static florin.eventstore.storage.StoreFixture.event;
import static florin.eventstore.storage.StoreFixture.files;
import static florin.eventstore.storage.StoreFixture.lastLog;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
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
    private static Path lastLog;
    /** Where its records end, and those begin that the file held before it was used again. */
    private static int endOfLastLog;

    /** Two table files per family, an older log that is still needed, and the last log, as a kill leaves them. */
    @BeforeAll
    static void fill() throws Exception {
        fixture = new StoreFixture(temporary.resolve("native"));
        folder = temporary.resolve("store");
        Path live = temporary.resolve("live");
        Random random = new Random(SEED);
        try (EventStorage storage = fixture.open(live)) {
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
            byte[] before = Files.readAllBytes(lastLog(live));
            storage.appendSnapshot(event("aggregate-1", 5, "snapshot"))
                    .toCompletableFuture()
                    .join();
            copy(live, folder);
            lastLog = lastLog(folder);
            endOfLastLog = endOf(before, Files.readAllBytes(lastLog));
        }
        assertThat(logs(folder)).hasSizeGreaterThanOrEqualTo(2);
        assertThat(Files.size(lastLog)).isGreaterThan(endOfLastLog);
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

    /**
     * As a kill leaves it between the first sync of the next log and the moment when this one is cut. Most remains of an older
     * log are taken for its end; those that begin with zeros, as records may within, are taken for a part of it.
     */
    @Test
    void aFinishedLogWithTheRemainsOfAnOlderOneIsRight() throws Exception {
        Path finished = logs(folder).get(logs(folder).size() - 2);
        byte[] older = Files.readAllBytes(lastLog);

        for (byte[] remains : List.of(new byte[1500], Arrays.copyOfRange(older, 100, 1500), older)) {
            assertThat(outcome(copy -> Files.write(copy, remains, StandardOpenOption.APPEND), finished))
                    .isEqualTo("right");
        }
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
        for (int position = endOfLastLog - 64; position < endOfLastLog; position++) {
            int at = position;
            String outcome = outcome(copy -> flip(copy, at, 0xFF), lastLog);
            assertThat(outcome).as("byte " + position + " of " + endOfLastLog).isNotEqualTo("right");
            assertRefusedByNameOrRight(outcome, lastLog, "byte " + position + " of " + endOfLastLog);
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
        Path copy = temporary.resolve("short-log");
        copy(folder, copy);
        truncate(copy.resolve(lastLog.getFileName()), endOfLastLog - 1);

        assertThatThrownBy(() -> fixture.open(copy))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(copy.toString())
                .hasMessageContaining("had been synced");
    }

    @Test
    void whatFollowsTheRecordsOfALogThatIsUsedAgainIsNeverRead() throws Exception {
        int size = (int) Files.size(lastLog);
        for (int position = endOfLastLog; position < size; position += 97) {
            int at = position;
            assertThat(outcome(copy -> flip(copy, at, 0xFF), lastLog))
                    .as("byte " + position + " of " + size)
                    .isEqualTo("right");
        }
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
        Map<Path, Integer> damaged = contents(copy);
        boolean isOpen = false;
        // Each with a cache of its own: blocks of the unharmed store must not take the place of those that were harmed.
        try (StoreFixture fresh = new StoreFixture(temporary.resolve("native"));
                EventStorage storage = fresh.open(copy)) {
            isOpen = true;
            assertThat(readAll(storage)).isEqualTo(EXPECTED);
            for (int aggregate = 0; aggregate < 30; aggregate++) {
                assertThat(storage.readAggregate("aggregate-" + aggregate, 0, Long.MAX_VALUE, 100, 1 << 20, true)
                                .events())
                        .extracting(StoredEvent::event)
                        .isEqualTo(EXPECTED.subList(aggregate * 10, aggregate * 10 + 10));
            }
            assertThat(storage.readSnapshot("aggregate-1", 0, Long.MAX_VALUE)).isPresent();
            return "right";
        } catch (Refusal refusal) {
            if (!isOpen) {
                // Whoever wants to save something finds all that there was.
                assertThat(contents(copy)).isEqualTo(damaged);
            }
            return refusal.getMessage();
        } finally {
            delete(copy);
        }
    }

    private static Map<Path, Integer> contents(Path copy) throws IOException {
        Map<Path, Integer> contents = new TreeMap<>();
        for (Path file : files(copy, "")) {
            contents.put(file, Arrays.hashCode(Files.readAllBytes(file)));
        }
        return contents;
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
