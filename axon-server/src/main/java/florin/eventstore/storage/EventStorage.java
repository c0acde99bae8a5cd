package florin.eventstore.storage;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WALRecoveryMode;

/**
 * The events, snapshots and schedules of one context, in one RocksDB database.
 *
 * <p>Format, by column family: {@code events} global index → highest timestamp so far (8 bytes) and the event; {@code
 * aggregates} aggregate and sequence number → global index; {@code snapshots} aggregate and sequence number →
 * snapshot; {@code schedules} token → instant (8 bytes) and the event.
 *
 * <p>Crash behaviour: one transaction is one atomic record of the write-ahead log, synced before {@link #append}
 * completes. Opening replays the log; a record torn at its end was never acknowledged and is dropped, damage anywhere
 * else refuses to open.
 *
 * <p>Thread-safe: one writer thread assigns indexes, any number of threads read. Readers see only synced events.
 */
public final class EventStorage implements AutoCloseable {
    private static final int TIMESTAMP_BYTES = Long.BYTES;
    private static final int POINT_READS = 4;

    private final String folderName;
    private final List<AutoCloseable> nativeObjects = new ArrayList<>();
    private final RocksDB database;
    private final ColumnFamilyHandle events;
    private final ColumnFamilyHandle aggregates;
    private final ColumnFamilyHandle snapshots;
    private final ColumnFamilyHandle schedules;
    private final EventWriter writer;
    private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();
    private volatile long lastIndex;

    private EventStorage(Path folder, StorageResources resources) throws RocksDBException {
        folderName = folder.toString();
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(resources.blockCache())
                .setBlockSize(16 << 10)
                .setFilterPolicy(keep(new BloomFilter(10)))
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true);
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (String name : List.of("default", "events", "aggregates", "snapshots", "schedules")) {
            ColumnFamilyOptions options = keep(new ColumnFamilyOptions())
                    .setTableFormatConfig(table)
                    .setWriteBufferSize(16L << 20)
                    .setMaxWriteBufferNumber(3)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION);
            families.add(new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), options));
        }
        DBOptions options = keep(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setWriteBufferManager(resources.writeBuffers())
                .setMaxTotalWalSize(128L << 20)
                .setMaxOpenFiles(512)
                .setMaxBackgroundJobs(2)
                .setKeepLogFileNum(3)
                .setBytesPerSync(1 << 20);
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        database = RocksDB.open(options, folder.toString(), families, handles);
        nativeObjects.addAll(handles);
        events = handles.get(1);
        aggregates = handles.get(2);
        snapshots = handles.get(3);
        schedules = handles.get(4);
        lastIndex = findLastIndex();
        writer = new EventWriter(this, database, events, aggregates, snapshots, schedules);
    }

    /** Opens or creates the store; refuses a folder that another process has open, or one that is damaged. */
    public static EventStorage open(Path folder, StorageResources resources) {
        try {
            Files.createDirectories(folder);
            EventStorage storage = new EventStorage(folder, resources);
            storage.writer.start();
            return storage;
        } catch (RocksDBException e) {
            boolean locked = e.getMessage() != null && e.getMessage().contains("lock");
            throw Refusal.readFailed(
                    locked
                            ? "the event store in " + folder + " is in use by another process"
                            : "cannot open the event store in " + folder + ": " + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + folder, e);
        }
    }

    /** Stores the events as one transaction; completes with the index of the last one, once that is synced. */
    public CompletionStage<Long> append(List<Event> transaction) {
        return writer.submit(PendingWrite.ofEvents(transaction));
    }

    public CompletionStage<Long> appendSnapshot(Event snapshot) {
        return writer.submit(
                PendingWrite.ofSnapshot(snapshot.toBuilder().setSnapshot(true).build()));
    }

    /** Keeps the schedule, in place of another one if {@code replaced} is not null. */
    public CompletionStage<Long> schedule(Schedule schedule, String replaced) {
        return writer.submit(PendingWrite.ofSchedule(schedule, replaced));
    }

    public CompletionStage<Long> cancelSchedule(String token) {
        return writer.submit(PendingWrite.ofCancellation(token));
    }

    /** Publishes the scheduled event and forgets the schedule, in one transaction; -1 if it was cancelled meanwhile. */
    public CompletionStage<Long> fire(Schedule schedule) {
        return writer.submit(PendingWrite.ofFiring(schedule));
    }

    public List<Schedule> schedules() {
        List<Schedule> found = new ArrayList<>();
        try (RocksIterator iterator = database.newIterator(schedules)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                byte[] value = iterator.value();
                found.add(new Schedule(
                        new String(iterator.key(), StandardCharsets.UTF_8),
                        ByteBuffer.wrap(value).getLong(),
                        parse(value, Long.BYTES)));
            }
            iterator.status();
            return found;
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /** Runs after each commit, on the writer's thread: it must only hand over. */
    public void onCommit(Runnable listener) {
        listeners.add(listener);
    }

    public void removeListener(Runnable listener) {
        listeners.remove(listener);
    }

    /** The index of the last synced event, -1 if there is none. */
    public long lastIndex() {
        return lastIndex;
    }

    /** The index of the first event with this timestamp or a later one; the next index to be written if there is none. */
    public long indexAt(long instant) {
        long low = 0;
        long high = lastIndex + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (highestTimestampUpTo(middle) >= instant) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** The latest timestamp among the events up to and with the index; never falls, which makes it searchable. */
    long highestTimestampUpTo(long index) {
        return index < 0 ? Long.MIN_VALUE : ByteBuffer.wrap(eventBytes(index)).getLong();
    }

    /** Up to {@code count} synced events from the index on, fewer if they are more than {@code bytes} together. */
    public List<EventWithToken> read(long from, int count, int bytes) {
        long last = Math.min(lastIndex, from + count - 1);
        List<EventWithToken> found = new ArrayList<>();
        int size = 0;
        if (last - from < POINT_READS) {
            for (long index = from; index <= last; index++) {
                found.add(withToken(index, eventBytes(index)));
            }
            return found;
        }
        try (Slice end = new Slice(Keys.ofIndex(last + 1));
                ReadOptions options = new ReadOptions().setIterateUpperBound(end);
                RocksIterator iterator = database.newIterator(events, options)) {
            long expected = from;
            for (iterator.seek(Keys.ofIndex(from)); iterator.isValid() && size < bytes; iterator.next()) {
                long index = Keys.index(iterator.key());
                if (index != expected) {
                    throw missing(expected);
                }
                byte[] value = iterator.value();
                size += value.length;
                found.add(withToken(index, value));
                expected++;
            }
            iterator.status();
            if (found.isEmpty() && from <= last) {
                throw missing(from);
            }
            return found;
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /** Up to {@code count} events of the aggregate from one sequence number to another, both included. */
    public List<Event> readAggregate(String identifier, long from, long to, int count, int bytes) {
        List<byte[]> keys = new ArrayList<>();
        byte[] start = Keys.ofAggregate(identifier, from);
        try (RocksIterator iterator = database.newIterator(aggregates)) {
            for (iterator.seek(start); iterator.isValid() && keys.size() < count; iterator.next()) {
                byte[] key = iterator.key();
                if (!Keys.sameAggregate(start, key) || Keys.sequence(key) > to) {
                    break;
                }
                keys.add(iterator.value());
            }
            iterator.status();
        } catch (RocksDBException e) {
            throw damaged(e);
        }
        List<Event> found = new ArrayList<>(keys.size());
        int size = 0;
        for (int start1 = 0; start1 < keys.size() && size < bytes; start1 += 64) {
            for (byte[] value : eventsBytes(keys.subList(start1, Math.min(start1 + 64, keys.size())))) {
                size += value.length;
                found.add(parse(value, TIMESTAMP_BYTES));
            }
        }
        return found;
    }

    /** The snapshots of the aggregate between two sequence numbers, both included, the latest first. */
    public List<Event> readSnapshots(String identifier, long from, long to, int count) {
        List<Event> found = new ArrayList<>();
        byte[] start = Keys.ofAggregate(identifier, to);
        try (RocksIterator iterator = database.newIterator(snapshots)) {
            for (iterator.seekForPrev(start); iterator.isValid() && found.size() < count; iterator.prev()) {
                byte[] key = iterator.key();
                if (!Keys.sameAggregate(start, key) || Keys.sequence(key) < from) {
                    break;
                }
                found.add(parse(iterator.value(), 0));
            }
            iterator.status();
            return found;
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /** The sequence number of the aggregate's last event, -1 if it has none. */
    public long highestSequence(String identifier) {
        byte[] end = Keys.ofAggregate(identifier, Long.MAX_VALUE);
        try (RocksIterator iterator = database.newIterator(aggregates)) {
            iterator.seekForPrev(end);
            iterator.status();
            return iterator.isValid() && Keys.sameAggregate(end, iterator.key()) ? Keys.sequence(iterator.key()) : -1;
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    /** Called by the writer when events up to this index are synced. */
    void committed(long index) {
        lastIndex = index;
        listeners.forEach(Runnable::run);
    }

    static byte[] encodeWithPrefix(long prefix, Event event) {
        byte[] bytes = new byte[Long.BYTES + event.getSerializedSize()];
        ByteBuffer.wrap(bytes).putLong(prefix);
        try {
            CodedOutputStream output = CodedOutputStream.newInstance(bytes, Long.BYTES, bytes.length - Long.BYTES);
            event.writeTo(output);
            output.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException("an array of the right size cannot be too small", e);
        }
        return bytes;
    }

    /** Waits until the writer has finished what was submitted; later writes are refused. */
    @Override
    public void close() {
        writer.close();
        for (AutoCloseable object : nativeObjects) {
            if (object instanceof ColumnFamilyHandle) {
                closeQuietly(object);
            }
        }
        database.close();
        for (AutoCloseable object : nativeObjects) {
            if (!(object instanceof ColumnFamilyHandle)) {
                closeQuietly(object);
            }
        }
    }

    private static void closeQuietly(AutoCloseable object) {
        try {
            object.close();
        } catch (Exception e) {
            throw new IllegalStateException("RocksDB objects close without exceptions", e);
        }
    }

    private <T extends AutoCloseable> T keep(T object) {
        nativeObjects.add(object);
        return object;
    }

    private long findLastIndex() throws RocksDBException {
        try (RocksIterator iterator = database.newIterator(events)) {
            iterator.seekToLast();
            iterator.status();
            return iterator.isValid() ? Keys.index(iterator.key()) : -1;
        }
    }

    private byte[] eventBytes(long index) {
        try {
            byte[] value = database.get(events, Keys.ofIndex(index));
            if (value == null) {
                throw missing(index);
            }
            return value;
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    private List<byte[]> eventsBytes(List<byte[]> keys) {
        try {
            if (keys.size() == 1) {
                return List.of(eventBytes(Keys.index(keys.get(0))));
            }
            List<ColumnFamilyHandle> families = new ArrayList<>(keys.size());
            keys.forEach(key -> families.add(events));
            List<byte[]> values = database.multiGetAsList(families, keys);
            int missing = values.indexOf(null);
            if (missing >= 0) {
                throw missing(Keys.index(keys.get(missing)));
            }
            return values;
        } catch (RocksDBException e) {
            throw damaged(e);
        }
    }

    private static EventWithToken withToken(long index, byte[] value) {
        return EventWithToken.newBuilder()
                .setToken(index)
                .setEvent(parse(value, TIMESTAMP_BYTES))
                .build();
    }

    private static Event parse(byte[] value, int offset) {
        try {
            return Event.parser().parseFrom(value, offset, value.length - offset);
        } catch (InvalidProtocolBufferException e) {
            throw Refusal.readFailed("a stored event cannot be parsed", e);
        }
    }

    private Refusal missing(long index) {
        return Refusal.readFailed("event " + index + " is missing in " + folderName, null);
    }

    private Refusal damaged(RocksDBException cause) {
        return Refusal.readFailed("cannot read from " + folderName + ": " + cause.getMessage(), cause);
    }
}
