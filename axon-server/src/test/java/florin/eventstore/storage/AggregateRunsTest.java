package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage.AggregateEvents;
import io.axoniq.axonserver.grpc.event.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.rocksdb.RocksIterator;

/** Long aggregates are kept together, and read the same whether they are or not. */
class AggregateRunsTest extends OneStore {
    private static final int LENGTH = AggregateRuns.LENGTH;
    /** So many take turns that the events of one lie far apart. */
    private static final int AGGREGATES = 12;

    private static final int EVENTS = 3 * LENGTH + 5;

    @Test
    void aLongAggregateIsKeptTogetherAndReadTheSame() throws Exception {
        fill("x");

        assertThat(read("aggregate-3", 0, Long.MAX_VALUE)).isEqualTo(written("aggregate-3", "x", 0, EVENTS - 1));
        assertThat(read("aggregate-3", LENGTH + 7, 2 * LENGTH + 1))
                .isEqualTo(written("aggregate-3", "x", LENGTH + 7, 2 * LENGTH + 1));
        assertThat(read("aggregate-3", LENGTH - 1, LENGTH - 1))
                .isEqualTo(written("aggregate-3", "x", LENGTH - 1, LENGTH - 1));
        assertThat(read("aggregate-3", EVENTS, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void anAggregateThatNobodyReadsIsNotKeptTwice() throws Exception {
        fillUnread("x");
        read("aggregate-0", 0, Long.MAX_VALUE);
        awaitRuns(3);
    }

    @Test
    void eventsThatLieCloseTogetherAreNotKeptTwice() throws Exception {
        for (int i = 0; i < EVENTS; i++) {
            append(storage, event("close", i, "x"));
        }
        assertThat(read("close", 0, Long.MAX_VALUE)).hasSize(EVENTS);
        // In two parts, so that the reading does not know where its first event lies.
        read("close", 0, LENGTH - 2);
        read("close", LENGTH - 1, LENGTH);
        fill("x");
        assertThat(StoreFixture.runs(storage)).isEqualTo(3 * AGGREGATES);
    }

    @Test
    void anAggregateThatIsReadFromItsSnapshotIsNotKeptTwice() throws Exception {
        storage.appendSnapshot(event("aggregate-0", 0, "snapshot"))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        fillUnread("x");
        // The background does one after the other, so the last is kept when all have been looked at.
        for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
            read("aggregate-" + aggregate, 0, Long.MAX_VALUE);
        }
        awaitRuns(3 * (AGGREGATES - 1));
        assertThat(read("aggregate-0", 0, Long.MAX_VALUE)).isEqualTo(written("aggregate-0", "x", 0, EVENTS - 1));
    }

    @Test
    void whatIsMissingAmongRunsIsReadOneByOneAndKeptAgain() throws Exception {
        fill("x");
        for (int missing : new int[] {0, 1, 2}) {
            storage.reading(database -> {
                database.rocks.delete(database.runs, Keys.ofAggregate("aggregate-5", (long) missing * LENGTH));
                return null;
            });
            // Steps that end within each run.
            for (int count : new int[] {1, 7, LENGTH - 1, LENGTH, LENGTH + 1, 2 * LENGTH + 3}) {
                for (int bytes : new int[] {1, 3000, 1 << 20}) {
                    assertThat(read("aggregate-5", 3, Long.MAX_VALUE, count, bytes))
                            .as("without run %d, %d events, %d bytes a step", missing, count, bytes)
                            .isEqualTo(written("aggregate-5", "x", 3, EVENTS - 1));
                }
            }
            read("aggregate-5", 0, Long.MAX_VALUE);
            awaitRuns(3 * AGGREGATES);
        }
    }

    @Test
    void anAggregateThatGrowsWhileItIsReadIsKeptToo() throws Exception {
        for (int sequence = 0; sequence < EVENTS; sequence++) {
            for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
                append(storage, event("aggregate-" + aggregate, sequence, "x"));
            }
            // What was read before is in memory, so a reading sees the new event only.
            assertThat(storage.readAggregate("aggregate-0", 0, Long.MAX_VALUE, 1000, 1 << 20, true)
                            .events())
                    .hasSize(sequence + 1);
        }
        awaitRuns(3);
    }

    @Test
    void largeEventsStayWhereTheyAre() throws Exception {
        String large = "x".repeat(AggregateRuns.MAX_BYTES / LENGTH * 2);
        fill(large);
        assertThat(read("aggregate-1", 0, Long.MAX_VALUE)).isEqualTo(written("aggregate-1", large, 0, EVENTS - 1));
        long bytes = storage.reading(database -> {
            long size = 0;
            try (RocksIterator iterator = database.rocks.newIterator(database.runs)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    size += iterator.value().length;
                }
            }
            return size;
        });
        assertThat(bytes).isZero();
    }

    @Test
    void verificationComparesThemWithTheEvents() throws Exception {
        fill("x");
        byte[] ofAnother =
                storage.reading(database -> database.rocks.get(database.runs, Keys.ofAggregate("aggregate-1", LENGTH)));
        Path store = folder.resolve("store");
        storage.close();
        assertThat(Verification.of(store, fixture.resources, (identifier, state) -> {})
                        .events())
                .isEqualTo((long) EVENTS * AGGREGATES);

        open();
        storage.reading(database -> {
            database.rocks.put(database.runs, Keys.ofAggregate("aggregate-2", LENGTH), ofAnother);
            return null;
        });
        storage.close();
        assertThatThrownBy(() -> Verification.of(store, fixture.resources, (identifier, state) -> {}))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("aggregate-1");
    }

    @Test
    void whatWasReadBeforeTheStoreWasOpenedAgainIsNotKept() throws Exception {
        fill("x");
        byte[] key = Keys.ofAggregate("aggregate-1", LENGTH);
        EventDatabase before = storage.database();
        byte[] run = before.rocks.get(before.runs, key);
        before.rocks.delete(before.runs, key);
        CompletableFuture<Void> reopened = StoreFixture.reopenAtCommit(storage);
        append(storage, event("other", 0, "x"));
        assertThat(reopened).succeedsWithin(Duration.ofSeconds(30));
        assertThat(storage.database()).isNotSameAs(before);

        storage.write(PendingWrite.ofRun(key, run, before))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        assertThat(StoreFixture.runs(storage)).isEqualTo(3 * AGGREGATES - 1);

        storage.write(PendingWrite.ofRun(key, run, storage.database()))
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        assertThat(StoreFixture.runs(storage)).isEqualTo(3 * AGGREGATES);
    }

    /** Each aggregate is read once, so that it is kept together. */
    private void fill(String text) throws Exception {
        fillUnread(text);
        for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
            read("aggregate-" + aggregate, 0, Long.MAX_VALUE);
        }
        awaitRuns(3 * AGGREGATES);
    }

    private void fillUnread(String text) throws Exception {
        for (int sequence = 0; sequence < EVENTS; sequence++) {
            Event[] events = new Event[AGGREGATES];
            for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
                events[aggregate] = event("aggregate-" + aggregate, sequence, text);
            }
            append(storage, events);
        }
    }

    private static List<Event> written(String aggregate, String text, int first, int last) {
        List<Event> events = new ArrayList<>();
        for (int sequence = first; sequence <= last; sequence++) {
            events.add(event(aggregate, sequence, text));
        }
        return events;
    }

    /** Reads as if each step were no start, so that nothing is kept in memory. */
    private List<Event> read(String aggregate, long from, long to) {
        return read(aggregate, from, to, 256, 1 << 20);
    }

    private List<Event> read(String aggregate, long from, long to, int count, int bytes) {
        List<Event> found = new ArrayList<>();
        AggregateEvents read;
        do {
            read = storage.readAggregate(aggregate, from + found.size(), to, count, bytes, false);
            read.events().forEach(each -> found.add(each.event()));
        } while (!read.isEnd());
        return found;
    }

    private void awaitRuns(int count) {
        await().untilAsserted(() -> assertThat(StoreFixture.runs(storage)).isEqualTo(count));
    }
}
