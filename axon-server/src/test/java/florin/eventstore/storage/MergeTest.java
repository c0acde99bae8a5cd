package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.grpc.event.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.rocksdb.FlushOptions;

/** What it costs to keep the index of aggregates in order, while the store grows. */
class MergeTest extends OneStore {
    private static final int TABLES = 100;
    private static final int AGGREGATES_OF_A_TABLE = 200;

    private final Random random = new Random(1);

    @Test
    void anEntryOfTheIndexIsWrittenAgainAFewTimesOnly() throws Exception {
        List<String> identifiers = new ArrayList<>();
        for (int table = 0; table < TABLES; table++) {
            List<String> added = random.longs(AGGREGATES_OF_A_TABLE)
                    .mapToObj(high -> new UUID(high, 0).toString())
                    .toList();
            identifiers.addAll(added);
            Event[] transaction = added.stream()
                    .map(identifier -> event(identifier, 0, "first"))
                    .toArray(Event[]::new);
            append(storage, transaction);
            writeOut();
        }

        assertThat(timesWritten()).isGreaterThan(1).isLessThan(5);
        assertThat(identifiers).allMatch(identifier -> storage.highestSequence(identifier) == 0);
    }

    /** Waits for the merge that one more table may bring: tables must not come faster than they are merged. */
    private void writeOut() {
        storage.reading(database -> {
            try (FlushOptions options = new FlushOptions()) {
                database.rocks.flush(options, database.aggregates);
            }
            return null;
        });
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> storage.reading(
                        database -> database.rocks.getLongProperty("rocksdb.num-running-compactions") == 0));
    }

    private double timesWritten() {
        return storage.reading(database -> Double.parseDouble(database.rocks
                .getMapProperty(database.aggregates, "rocksdb.cfstats")
                .get("compaction.Sum.WriteAmp")));
    }
}
