package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static florin.eventstore.storage.StoreFixture.reopenAtCommit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.protocol.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;

/** Runs of one backup, of which some fail in the middle. */
class BackupRunsTest {
    @TempDir
    private Path folder;

    private StoreFixture stores;
    private EventStorage first;
    private EventStorage second;
    private Backup backup;

    @BeforeEach
    void open() {
        stores = new StoreFixture(folder.resolve("native"));
        first = stores.open(folder.resolve("first"));
        second = stores.open(folder.resolve("second"));
        backup = new Backup(folder.resolve("backup"));
    }

    @AfterEach
    void close() {
        first.close();
        second.close();
        stores.close();
    }

    private void create(Map<String, EventStorage> stores) {
        backup.create(stores, folder.resolve("checkpoints"));
        assertThat(folder.resolve("checkpoints")).isEmptyDirectory();
    }

    @Test
    void runsThatFailTakeNothingAway() throws Exception {
        append(first, event("a", 0, "one"));
        append(second, event("b", 0, "one"));
        create(Map.of("first", first, "second", second));
        append(first, event("a", 1, "two"));
        second.close();
        for (int run = 0; run < 3; run++) {
            assertThatThrownBy(() -> create(Map.of("first", first, "second", second)))
                    .isInstanceOf(Refusal.class);
        }

        Map<String, Verification.Report> restored =
                backup.restore(folder.resolve("restored"), stores.resources, (identifier, state) -> {});

        assertThat(restored.get("first").events()).isEqualTo(1);
        assertThat(restored.get("second").events()).isEqualTo(1);
    }

    /** Those that the backup has already are not read again. */
    @Test
    void aDamagedTableIsNotCopiedAndTakesNothingAway() throws Exception {
        for (int i = 0; i < 100; i++) {
            append(first, event("a", i, "one"));
        }
        flushEvents();
        create(Map.of("first", first));
        Path old = StoreFixture.files(folder.resolve("first"), ".sst").get(0);
        for (int i = 100; i < 200; i++) {
            append(first, event("a", i, "two"));
        }
        flushEvents();
        List<Path> tables = StoreFixture.files(folder.resolve("first"), ".sst");
        Path damaged = tables.get(tables.size() - 1);
        assertThat(damaged).isNotEqualTo(old);
        flipByte(damaged);
        for (int run = 0; run < 3; run++) {
            assertThatThrownBy(() -> create(Map.of("first", first)))
                    .isInstanceOf(Refusal.class)
                    .hasMessageContaining(damaged.getFileName() + " is damaged");
        }
        assertThat(backup.restore(folder.resolve("restored"), stores.resources, (identifier, state) -> {})
                        .get("first")
                        .events())
                .isEqualTo(100);

        flipByte(damaged);
        flipByte(old);
        create(Map.of("first", first));

        assertThat(backup.restore(folder.resolve("restored again"), stores.resources, (identifier, state) -> {})
                        .get("first")
                        .events())
                .isEqualTo(200);
    }

    private void flushEvents() {
        first.reading(database -> {
            try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
                database.rocks.flush(options, database.events);
            }
            return null;
        });
    }

    /** Or back. */
    private static void flipByte(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[20] ^= 1;
        Files.write(file, bytes);
    }

    /** While a run copies, the store takes writes again after one that failed; the number of the run is written at its end. */
    @Test
    void aStoreIsClosedAndOpenedWhileItIsCopied() throws Exception {
        byte[] noise = new byte[512 << 10];
        Random random = new Random(1);
        for (int i = 0; i < 64; i++) {
            random.nextBytes(noise);
            append(first, event("large", i, HexFormat.of().formatHex(noise)));
        }
        AtomicInteger round = new AtomicInteger();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            Path target = folder.resolve("round " + round.incrementAndGet());
            CompletableFuture<?> run = CompletableFuture.runAsync(
                    () -> new Backup(target).create(Map.of("first", first), folder.resolve("checkpoints")));
            Path copied = target.resolve("contexts/first");
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> Files.exists(copied.resolve("shared_checksum")));
            CompletableFuture<Void> reopened = reopenAtCommit(first);
            append(first, event("small", round.get() - 1, "x"));
            reopened.get(30, TimeUnit.SECONDS);
            boolean isCopying = Files.notExists(copied.resolve("meta/1"));
            run.get(60, TimeUnit.SECONDS);
            Map<String, Verification.Report> restored = new Backup(target)
                    .restore(folder.resolve("restored " + round), stores.resources, (identifier, state) -> {});
            assertThat(restored.get("first").events()).isGreaterThanOrEqualTo(64);
            return isCopying;
        });
    }

    @Test
    void whatIsOfNoCompletedRunIsRemovedByTheNext() throws Exception {
        append(first, event("a", 0, "one"));
        create(Map.of("first", first, "second", second));
        create(Map.of("first", first));
        assertThat(folder.resolve("backup/contexts/second")).exists();
        append(first, event("a", 1, "two"));

        create(Map.of("first", first));

        assertThat(folder.resolve("backup/contexts/second")).doesNotExist();
        assertThat(folder.resolve("backup/contexts/first/meta")).isDirectoryContaining("glob:**/3");
        assertThat(folder.resolve("backup/contexts/first/meta")).isDirectoryNotContaining("glob:**/1");
        assertThat(backup.restore(folder.resolve("restored"), stores.resources, (identifier, state) -> {})
                        .get("first")
                        .events())
                .isEqualTo(2);
    }
}
