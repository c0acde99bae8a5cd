package florin.eventstore.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** A batch is, byte for byte, what RocksDB itself makes of the same calls. */
class BatchTest {
    private static final int MANY_FAMILIES = 130;

    @TempDir
    private Path folder;

    @Test
    void hasTheFormThatRocksGivesIt() throws Exception {
        try (StoreFixture fixture = new StoreFixture(folder.resolve("native"));
                EventDatabase database = EventDatabase.open(folder.resolve("store"), fixture.resources)) {
            List<ColumnFamilyHandle> families = new ArrayList<>(List.of(database.events, database.streams));
            // An id of two bytes as well.
            while (families.size() < MANY_FAMILIES) {
                families.add(database.rocks.createColumnFamily(
                        new ColumnFamilyDescriptor(("family-" + families.size()).getBytes(StandardCharsets.UTF_8))));
            }
            Random random = new Random(5);
            Batch usedAgain = new Batch();
            for (int round = 0; round < 200; round++) {
                compare(database, families, random, random.nextBoolean() ? usedAgain : new Batch());
            }
            families.subList(2, families.size()).forEach(ColumnFamilyHandle::close);
        }
    }

    private static void compare(EventDatabase database, List<ColumnFamilyHandle> families, Random random, Batch ours)
            throws RocksDBException {
        ours.clear();
        try (WriteBatch theirs = new WriteBatch();
                WriteOptions options = new WriteOptions()) {
            int count = random.nextInt(50);
            for (int i = 0; i < count; i++) {
                ColumnFamilyHandle family = families.get(random.nextInt(families.size()));
                byte[] key = bytes(random, 300);
                if (random.nextInt(5) == 0) {
                    ours.delete(family.getID(), key);
                    theirs.delete(family, key);
                } else {
                    byte[] value = bytes(random, random.nextInt(20) == 0 ? 100_000 : 300);
                    ours.put(family.getID(), key, value);
                    theirs.put(family, key, value);
                }
            }
            assertThat(ours.isEmpty()).isEqualTo(count == 0);
            assertThat(ours.serialized()).isEqualTo(theirs.data());
            ours.writeTo(database.rocks, options);
        }
    }

    private static byte[] bytes(Random random, int bound) {
        byte[] bytes = new byte[random.nextInt(bound)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void aWrittenBatchIsRead() throws Exception {
        try (StoreFixture fixture = new StoreFixture(folder.resolve("native"));
                EventDatabase database = EventDatabase.open(folder.resolve("store"), fixture.resources);
                WriteOptions options = new WriteOptions()) {
            RocksDB rocks = database.rocks;
            Batch batch = new Batch();
            batch.put(database.events.getID(), new byte[] {1}, new byte[] {2, 3});
            batch.put(database.streams.getID(), new byte[] {1}, new byte[] {4});
            batch.put(database.streams.getID(), new byte[] {2}, new byte[0]);
            batch.delete(database.streams.getID(), new byte[] {1});
            batch.writeTo(rocks, options);
            assertThat(rocks.get(database.events, new byte[] {1})).containsExactly(2, 3);
            assertThat(rocks.get(database.streams, new byte[] {1})).isNull();
            assertThat(rocks.get(database.streams, new byte[] {2})).isEmpty();
            assertThat(rocks.getLatestSequenceNumber()).isEqualTo(4);
        }
    }
}
