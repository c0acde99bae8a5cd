package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage.AggregateEvents;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** Reads aggregates: from memory what is there, then what is kept together, then event by event. */
final class AggregateReader {
    /** So many events in a row are read faster by going along them than each by its key. */
    private static final int NEIGHBOURS = 8;

    private static final int FIRST_KEYS = 4;
    /** These are in memory together, and however small those before them were, each may have the size of a message. */
    private static final int MAX_KEYS = 8;

    private final EventStorage storage;
    private final AggregateCache cache;
    private final AggregateRuns runs;

    AggregateReader(EventStorage storage, AggregateCache cache) {
        this.storage = storage;
        this.cache = cache;
        runs = new AggregateRuns(storage, this);
    }

    AggregateRuns runs() {
        return runs;
    }

    /** As {@link EventStorage#readAggregate} says. */
    AggregateEvents read(
            EventDatabase database, String identifier, long from, long to, int count, int bytes, boolean isStart)
            throws RocksDBException {
        List<StoredEvent> found = cache.read(storage, identifier, from, to, count, bytes);
        int size = sizeOf(found);
        if (found.size() == count || size >= bytes) {
            return new AggregateEvents(found, false);
        }
        long next = from + found.size();
        AggregateEvents rest = readStored(database, identifier, next, to, count - found.size(), bytes - size);
        cache.gathered(storage, identifier, next, rest.events(), isStart);
        found.addAll(rest.events());
        return new AggregateEvents(found, rest.isEnd());
    }

    private AggregateEvents readStored(
            EventDatabase database, String identifier, long from, long to, int count, int bytes)
            throws RocksDBException {
        List<StoredEvent> found = new ArrayList<>();
        int size = 0;
        while (found.size() < count && size < bytes) {
            long next = from + found.size();
            List<StoredEvent> more = runs.read(database, identifier, next, to, count - found.size());
            if (more.isEmpty()) {
                long[] indexes = indexes(database, identifier, next, to, count - found.size());
                int single = untilRun(database, identifier, next, indexes.length);
                more = gather(database, Arrays.copyOf(indexes, single), bytes - size);
                runs.gathered(identifier, next, more);
                if (single == indexes.length && more.size() == single && found.size() + single < count) {
                    found.addAll(more);
                    return new AggregateEvents(found, true);
                }
            }
            found.addAll(more);
            size += sizeOf(more);
        }
        return new AggregateEvents(found, false);
    }

    /** How many of so many events from one on come before the next run. */
    private int untilRun(EventDatabase database, String identifier, long from, int count) throws RocksDBException {
        int length = AggregateRuns.LENGTH;
        for (int next = length - (int) (from % length); next + length <= count; next += length) {
            if (runs.has(database, identifier, from + next)) {
                return next;
            }
        }
        return count;
    }

    /** Reads event by event. */
    AggregateEvents gather(EventDatabase database, String identifier, long from, long to, int count, int bytes)
            throws RocksDBException {
        long[] indexes = indexes(database, identifier, from, to, count);
        List<StoredEvent> found = gather(database, indexes, bytes);
        return new AggregateEvents(found, indexes.length < count && found.size() == indexes.length);
    }

    private List<StoredEvent> gather(EventDatabase database, long[] indexes, int bytes) throws RocksDBException {
        List<StoredEvent> found = new ArrayList<>(indexes.length);
        int size = 0;
        while (found.size() < indexes.length && size < bytes) {
            size += readSome(database, indexes, size, bytes, found);
        }
        return found;
    }

    /**
     * Reads neighbours by going along, events that lie apart by their keys; gives how many bytes were read.
     *
     * @param size how many bytes those have that were found before
     * @param bytes how many all may have
     */
    private int readSome(EventDatabase database, long[] indexes, int size, int bytes, List<StoredEvent> found)
            throws RocksDBException {
        int first = found.size();
        int neighbours = neighbours(indexes, first);
        if (neighbours >= NEIGHBOURS) {
            return storage.readRange(database, indexes[first], indexes[first + neighbours - 1], bytes - size, found);
        }
        // Few at first: the events may be large.
        int most = first == 0 ? FIRST_KEYS : Math.max(1, Math.min(MAX_KEYS, (bytes - size) / (1 + size / first)));
        List<byte[]> keys = new ArrayList<>();
        for (int next = first; next < indexes.length && keys.size() < most; next++) {
            if (neighbours(indexes, next) >= NEIGHBOURS) {
                break;
            }
            keys.add(Keys.ofIndex(indexes[next]));
        }
        int read = 0;
        for (byte[] value : storage.eventsBytes(database, keys)) {
            read += value.length;
            found.add(EventStorage.stored(indexes[found.size()], value));
        }
        return read;
    }

    /** How many of the indexes, from one on, follow each other. */
    private static int neighbours(long[] indexes, int first) {
        int count = 1;
        while (first + count < indexes.length && indexes[first + count] == indexes[first] + count) {
            count++;
        }
        return count;
    }

    private long[] indexes(EventDatabase database, String identifier, long from, long to, int count)
            throws RocksDBException {
        long[] indexes = new long[count];
        int found = 0;
        byte[] start = Keys.ofAggregate(identifier, from);
        ByteBuffer key = ByteBuffer.allocate(start.length);
        ByteBuffer index = ByteBuffer.allocate(Long.BYTES);
        try (Slice end = new Slice(Keys.afterAggregate(identifier, to));
                ReadOptions options = EventDatabase.forAggregate(start).setIterateUpperBound(end);
                RocksIterator iterator = database.rocks.newIterator(database.aggregates, options)) {
            for (iterator.seek(start); iterator.isValid() && found < count; iterator.next()) {
                iterator.key(key);
                if (Keys.sequence(key.array()) != from + found) {
                    throw Refusal.readFailed(
                            "event " + (from + found) + " of aggregate " + identifier + " is missing in "
                                    + storage.folder(),
                            null);
                }
                iterator.value(index);
                indexes[found++] = index.getLong(0);
            }
            iterator.status();
        }
        return Arrays.copyOf(indexes, found);
    }

    private static int sizeOf(List<StoredEvent> events) {
        int size = 0;
        for (StoredEvent event : events) {
            size += event.size();
        }
        return size;
    }
}
