package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.copy;
import static florin.eventstore.storage.StoreFixture.delete;
import static florin.eventstore.storage.StoreFixture.endOf;
import static florin.eventstore.storage.StoreFixture.event;
import static florin.eventstore.storage.StoreFixture.lastLog;
import static florin.eventstore.storage.StoreFixture.newEvents;
import static florin.eventstore.storage.StoreFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.grpc.event.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.FlushOptions;
import org.rocksdb.TickerType;

/** kill -9 leaves the page cache alone, so it cannot show a missing sync; RocksDB's own counters can. */
class SyncTest {
    @TempDir
    private Path temporary;

    private StoreFixture fixture;
    private Path folder;

    @BeforeEach
    void start() {
        fixture = new StoreFixture(temporary.resolve("native"));
        folder = temporary.resolve("store");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private long syncs() {
        return fixture.resources.statistics().getTickerCount(TickerType.WAL_FILE_SYNCED);
    }

    private long logWrites() {
        return fixture.resources.statistics().getTickerCount(TickerType.WRITE_WITH_WAL);
    }

    @Test
    void noAcknowledgementGoesOutBeforeTheSyncThatCoversIt() {
        try (EventStorage storage = fixture.open(folder)) {
            for (int i = 0; i < 200; i++) {
                long syncsBefore = syncs();
                long writesBefore = logWrites();
                AtomicLong syncsAtAcknowledgement = new AtomicLong();
                AtomicLong writesAtAcknowledgement = new AtomicLong();
                // The callback runs on the writer's thread, between the acknowledgement and whatever is written next.
                storage.append(newEvents(event("one-" + i, 0, "x")))
                        .thenRun(() -> {
                            syncsAtAcknowledgement.set(syncs());
                            writesAtAcknowledgement.set(logWrites());
                        })
                        .toCompletableFuture()
                        .orTimeout(30, TimeUnit.SECONDS)
                        .join();
                assertThat(writesAtAcknowledgement.get()).isEqualTo(writesBefore + 1);
                assertThat(syncsAtAcknowledgement.get()).isEqualTo(syncsBefore + 1);
            }
        }
    }

    @Test
    void concurrentAppendsShareASyncAndNoneIsAcknowledgedWithoutOne() {
        try (EventStorage storage = fixture.open(folder)) {
            long before = syncs();
            long writesBefore = logWrites();
            List<CompletableFuture<?>> appends = new ArrayList<>();
            Set<Long> unsynced = new TreeSet<>();
            int count = 5000;
            for (int i = 0; i < count; i++) {
                long writtenSoFar = syncs();
                appends.add(storage.append(newEvents(event("group-" + i, 0, "x")))
                        .thenAccept(index -> {
                            // Each write is one sync: as many of the one as of the other, at every acknowledgement.
                            if (syncs() <= writtenSoFar || syncs() - before != logWrites() - writesBefore) {
                                unsynced.add(index);
                            }
                        })
                        .toCompletableFuture());
            }
            CompletableFuture.allOf(appends.toArray(CompletableFuture[]::new))
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
            assertThat(unsynced).isEmpty();
            assertThat(syncs() - before).isBetween(1L, count - 1L);
        }
    }

    @Test
    void theIntervalModeSyncsAfterwards() throws Exception {
        StorageConfiguration interval = StoreFixture.CONFIGURATION.withSync(SyncMode.INTERVAL);
        try (EventStorage storage = EventStorage.open(folder, fixture.resources, interval)) {
            long before = syncs();
            for (int i = 0; i < 500; i++) {
                append(storage, event("interval-" + i, 0, "x"));
            }
            assertThat(syncs() - before).isLessThan(250);
            await().atMost(30, TimeUnit.SECONDS).until(() -> syncs() > before);
            // What has been synced is what the head says, once nothing else comes.
            await().atMost(30, TimeUnit.SECONDS)
                    .until(() -> Head.read(folder) == storage.database().rocks.getLatestSequenceNumber());
        }
        try (EventStorage storage = fixture.open(folder)) {
            assertThat(readAll(storage)).hasSize(500);
        }
    }

    /**
     * What a loss of power can leave: everything up to the last sync, and any part of what was written after it; behind
     * that, if the log's file is used again, what it held before.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLogCutAtAnyByteAfterTheLastSyncOpensCleanWithAllThatWasAcknowledged(boolean isUsedAgain) throws Exception {
        List<Event> acknowledged = new ArrayList<>();
        List<Event> last = List.of(event("cut", 0, "z"), event("cut", 1, ""));
        Path log;
        byte[] synced;
        byte[] head;
        byte[] written;
        try (EventStorage storage = fixture.open(folder)) {
            for (int i = 0; i < 30; i++) {
                Event event = event("synced", i, "event " + i);
                append(storage, event);
                acknowledged.add(event);
                EventDatabase database = storage.database();
                if (isUsedAgain && (i == 20 || i == 21)) {
                    try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
                        database.rocks.flush(options, List.of(database.events, database.aggregates));
                    }
                }
            }
            log = lastLog(folder);
            synced = Files.readAllBytes(log);
            head = Files.readAllBytes(folder.resolve(Head.FILE_NAME));
            append(storage, last.toArray(Event[]::new));
            written = Files.readAllBytes(log);
        }
        int end = endOf(synced, written);
        int start = Arrays.mismatch(synced, written);
        assertThat(end).isGreaterThan(start);
        assertThat(written.length > end).isEqualTo(isUsedAgain);
        Path copy = temporary.resolve("copy");
        for (int length = start; length <= end; length++) {
            byte[] left = synced.length > length ? synced.clone() : new byte[length];
            System.arraycopy(written, 0, left, 0, length);
            copy(folder, copy);
            Files.write(copy.resolve(log.getFileName()), left);
            // The head as it stood when the last transaction had been written and not yet synced.
            Files.write(copy.resolve(Head.FILE_NAME), head);
            try (EventStorage storage = fixture.open(copy)) {
                List<Event> found = readAll(storage);
                assertThat(found.subList(0, acknowledged.size())).isEqualTo(acknowledged);
                List<Event> rest = found.subList(acknowledged.size(), found.size());
                assertThat(rest).isEqualTo(length == end ? last : List.of());
                append(storage, event("after", 0, "the store goes on"));
            }
            delete(copy);
        }
    }
}
