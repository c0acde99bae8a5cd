package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static florin.eventstore.storage.StoreFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;

import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.event.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.rocksdb.TickerType;

/** The last events come from memory, all others from the database, and nobody sees a difference. */
class EventTailTest extends OneStore {
    private long databaseReads() {
        return fixture.resources.statistics().getTickerCount(TickerType.NUMBER_KEYS_READ)
                + fixture.resources.statistics().getTickerCount(TickerType.NUMBER_DB_SEEK);
    }

    private List<Event> read(long from, int count, int bytes) {
        return storage.read(from, count, bytes).stream().map(StoredEvent::event).toList();
    }

    private List<Event> fill(int count) throws Exception {
        List<Event> events = new ArrayList<>();
        for (int sequence = 0; sequence < count; sequence++) {
            events.add(event("filled", sequence, "x".repeat(sequence % 100)));
        }
        append(storage, events.toArray(Event[]::new));
        return events;
    }

    @Test
    void theLastEventsAreNotReadFromTheDatabase() throws Exception {
        List<Event> events = fill(2 * EventTail.SLOTS);
        long before = databaseReads();
        assertThat(read(events.size() - 1, 10, 1 << 20)).isEqualTo(events.subList(events.size() - 1, events.size()));
        assertThat(read(EventTail.SLOTS, EventTail.SLOTS, 1 << 20))
                .isEqualTo(events.subList(EventTail.SLOTS, events.size()));
        assertThat(databaseReads()).isEqualTo(before);

        assertThat(read(EventTail.SLOTS - 1, 2, 1 << 20))
                .isEqualTo(events.subList(EventTail.SLOTS - 1, EventTail.SLOTS + 1));
        assertThat(databaseReads()).isGreaterThan(before);
    }

    @Test
    void aReadEndsWithTheLastEventAndWithItsBytes() throws Exception {
        List<Event> events = fill(100);
        assertThat(read(90, 100, 1 << 20)).isEqualTo(events.subList(90, 100));
        assertThat(read(100, 100, 1 << 20)).isEmpty();
        assertThat(read(50, 50, 1)).isEqualTo(events.subList(50, 51));
    }

    @Test
    void whatIsLargeIsReadFromTheDatabase() throws Exception {
        Event small = event("mixed", 0, "small");
        Event large = event("mixed", 1, "x".repeat(EventTail.MAX_EVENT_BYTES));
        Event.Builder described = event("mixed", 2, "small").toBuilder();
        for (int i = 0; i < 100; i++) {
            described.putMetaData(
                    "key-" + i, MetaDataValue.newBuilder().setNumberValue(i).build());
        }
        append(storage, small, large, described.build());
        for (Event event : List.of(large, described.build())) {
            long before = databaseReads();
            assertThat(read(event.getAggregateSequenceNumber(), 1, 1 << 20)).containsExactly(event);
            assertThat(databaseReads()).isGreaterThan(before);
        }
        assertThat(read(0, 3, 1 << 20)).containsExactly(small, large, described.build());
    }

    @Test
    void readersSeeEachEventOnceAndInOrderWhileOthersAreWritten() throws Exception {
        int count = 20_000;
        AtomicBoolean failed = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(3);
        try {
            List<CompletableFuture<Void>> reading = new ArrayList<>();
            for (int reader = 0; reader < 3; reader++) {
                int seed = reader;
                reading.add(CompletableFuture.runAsync(() -> follow(count, new Random(seed), failed), readers));
            }
            List<CompletableFuture<Long>> writing = new ArrayList<>();
            Random random = new Random(4);
            for (int next = 0; next < count; ) {
                Event[] events = new Event[Math.min(count - next, 1 + random.nextInt(40))];
                for (int i = 0; i < events.length; i++) {
                    events[i] = event("followed", next++, "x".repeat(random.nextInt(100) == 0 ? 3000 : 50));
                }
                writing.add(storage.append(StoreFixture.newEvents(events)).toCompletableFuture());
                writing.get(Math.max(0, writing.size() - 20)).get(30, TimeUnit.SECONDS);
            }
            CompletableFuture.allOf(reading.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        } finally {
            failed.set(true);
            readers.shutdownNow();
        }
    }

    /** Sequence numbers are indexes here, so each event tells where it belongs. */
    private void follow(int count, Random random, AtomicBoolean failed) {
        long next = 0;
        while (next < count && !failed.get()) {
            for (StoredEvent event : storage.read(next, 1 + random.nextInt(300), 1 << 20)) {
                assertThat(event.index()).isEqualTo(next);
                assertThat(event.event().getAggregateSequenceNumber()).isEqualTo(next);
                next++;
            }
        }
    }

    @Test
    void nothingIsKeptWhenTheDatabaseIsOpenedAgain() throws Exception {
        List<Event> events = new ArrayList<>(fill(10));
        CompletableFuture<Void> reopened = StoreFixture.reopenAtCommit(storage);
        events.add(event("filled", 10, "last"));
        append(storage, events.get(10));
        assertThat(reopened).succeedsWithin(Duration.ofSeconds(30));

        long before = databaseReads();
        assertThat(readAll(storage)).isEqualTo(events);
        assertThat(databaseReads()).isGreaterThan(before);
    }
}
