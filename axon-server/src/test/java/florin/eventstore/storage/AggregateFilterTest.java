package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static org.assertj.core.api.Assertions.assertThat;

import io.axoniq.axonserver.grpc.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.rocksdb.FlushOptions;
import org.rocksdb.TickerType;

/** Filters tell which tables have something of an aggregate: of the others no block is read, and what there is is found. */
class AggregateFilterTest extends OneStore {
    private static final int AGGREGATES = 1000;
    /** Filters are mistaken about one in a hundred. */
    private static final int MISTAKES = AGGREGATES / 20;

    @Test
    void anAggregateThatHasNoSnapshotCostsNoBlockOfItsNeighbours() throws Exception {
        for (int number = 0; number < 2 * AGGREGATES; number += 2) {
            snapshot(identifier(number), 9);
        }
        writeOut();
        long before = blocksRead();

        for (int number = 1; number < 2 * AGGREGATES; number += 2) {
            assertThat(storage.readSnapshot(identifier(number), 0, Long.MAX_VALUE))
                    .isEmpty();
        }

        assertThat(blocksRead() - before).isLessThan(MISTAKES);
    }

    @Test
    void anAggregateCostsNoBlockOfATableThatHasNoneOfItsEvents() throws Exception {
        for (int table = 0; table < 3; table++) {
            for (int number = table; number < 3 * AGGREGATES; number += 3) {
                append(storage, event(identifier(number), 0, "x"));
            }
            writeOut();
        }
        long before = blocksRead();

        for (int number = 0; number < 3 * AGGREGATES; number += 3) {
            assertThat(storage.highestSequence(identifier(number))).isZero();
            assertThat(storage.highestSequence(identifier(number) + '#')).isEqualTo(-1);
        }

        assertThat(blocksRead() - before).isBetween((long) AGGREGATES, (long) AGGREGATES + 4 * MISTAKES);
    }

    @Test
    void identifiersOfEveryLengthAreFoundAndNoOthers() throws Exception {
        List<String> present = new ArrayList<>();
        for (int length = 1; length <= 40; length++) {
            present.add("x".repeat(length));
            present.add("x".repeat(length - 1) + 'z');
        }
        for (String identifier : present) {
            append(storage, event(identifier, 0, "first"), event(identifier, 1, "second"));
            snapshot(identifier, 0);
            snapshot(identifier, 1);
        }
        writeOut();

        for (String identifier : present) {
            assertThat(storage.highestSequence(identifier)).isEqualTo(1);
            assertThat(storage.readAggregate(identifier, 0, Long.MAX_VALUE, 10, 1 << 20, true)
                            .events())
                    .hasSize(2);
            assertThat(storage.readSnapshot(identifier, 0, Long.MAX_VALUE)
                            .orElseThrow()
                            .event())
                    .extracting(Event::getAggregateIdentifier, Event::getAggregateSequenceNumber)
                    .containsExactly(identifier, 1L);
            assertThat(storage.readSnapshot(identifier, 0, 0)).isPresent();
            String absent = identifier.substring(1) + 'y';
            assertThat(storage.highestSequence(absent)).isEqualTo(-1);
            assertThat(storage.readSnapshot(absent, 0, Long.MAX_VALUE)).isEmpty();
            assertThat(storage.readAggregate(absent, 0, Long.MAX_VALUE, 10, 1 << 20, true)
                            .events())
                    .isEmpty();
        }
    }

    private static String identifier(int number) {
        return String.format("%016d-account", number);
    }

    private void snapshot(String identifier, long sequence) throws Exception {
        CompletableFuture<Long> kept =
                storage.appendSnapshot(event(identifier, sequence, "state")).toCompletableFuture();
        assertThat(kept.get(30, TimeUnit.SECONDS)).isNotNull();
    }

    /** Makes tables of what is in memory. */
    private void writeOut() {
        storage.reading(database -> {
            try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
                database.rocks.flush(options, List.of(database.aggregates, database.snapshots, database.events));
            }
            return null;
        });
    }

    private long blocksRead() {
        return fixture.resources.statistics().getTickerCount(TickerType.BLOCK_CACHE_DATA_HIT)
                + fixture.resources.statistics().getTickerCount(TickerType.BLOCK_CACHE_DATA_MISS);
    }
}
