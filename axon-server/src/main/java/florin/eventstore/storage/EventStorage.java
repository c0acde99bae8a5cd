package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rocksdb.BackupEngine;
import org.rocksdb.BackupEngineOptions;
import org.rocksdb.BackupInfo;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.Env;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.SstFileReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events, snapshots and schedules of one context, in one RocksDB database.
 *
 * <p>Format, by column family: {@code events} global index → highest timestamp so far (8 bytes) and the event; {@code
 * aggregates} aggregate and sequence number → global index; {@code default} aggregate and a run's first sequence
 * number → the run ({@link AggregateRuns}); {@code snapshots} aggregate and sequence number →
 * snapshot; {@code schedules} token → instant (8 bytes) and the event; {@code streams} persistent stream → its state.
 *
 * <p>Crash behaviour: one transaction is one atomic record of the write-ahead log, synced before {@link #append}
 * completes (unless the configuration says {@link SyncMode#INTERVAL}). Opening replays the log; a record torn at its end
 * was never acknowledged and is dropped; a store that lacks what had been synced is refused. After a write that failed the store is
 * closed and opened as after a crash, as soon as the disk takes bytes again; it is read meanwhile.
 *
 * <p>Thread-safe: one writer thread assigns indexes, any number of threads read. Readers see only committed events.
 */
public final class EventStorage implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventStorage.class);
    private static final int POINT_READS = 4;
    private static final long REOPEN_WAIT_SECONDS = 1;
    /** What RocksDB calls a table in a backup: its number, something that is not looked at, and its size. */
    private static final Pattern BACKED_UP_TABLE = Pattern.compile("(\\d+)_.*_(\\d+)\\.sst");

    private final Path folder;
    private final StorageResources resources;
    private final EventWriter writer;
    private final AggregateReader aggregates;
    private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();
    /** Held for reading while the database is used, for writing while it is closed and opened. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private final EventTail tail = new EventTail();

    /** Null while it can be opened neither for writing nor for reading. */
    private EventDatabase database;

    private Head head;
    private volatile long lastIndex;
    private volatile boolean closed;

    private EventStorage(Path folder, StorageResources resources, StorageConfiguration configuration)
            throws RocksDBException, IOException {
        this.folder = folder;
        this.resources = resources;
        aggregates = new AggregateReader(this, resources.aggregates());
        openDatabase();
        writer = new EventWriter(
                this, resources, configuration.sync(), new DiskReserve(folder, configuration.minFreeBytes()));
        try {
            writer.start();
        } catch (RuntimeException e) {
            closeDatabase();
            throw e;
        }
    }

    /** Opens or creates the store; refuses a folder that another process has open, or one that is damaged. */
    public static EventStorage open(Path folder, StorageResources resources, StorageConfiguration configuration) {
        try {
            return new EventStorage(folder, resources, configuration);
        } catch (RocksDBException | IOException e) {
            throw Refusal.readFailed("cannot open the event store in " + folder + ": " + e.getMessage(), e);
        }
    }

    private void openDatabase() throws RocksDBException, IOException {
        boolean isNew = !Files.exists(folder.resolve("CURRENT"));
        long synced = Head.read(folder);
        if (isNew && synced >= 0) {
            throw new IOException(folder.resolve("CURRENT") + " is missing, and the store has been written before");
        }
        if (synced >= 0) {
            EventDatabase.examine(folder, resources, EventStorage::findLastIndex);
        } else if (!isNew) {
            LOG.warn("{} is missing: a lost end of the log would not be noticed", folder.resolve(Head.FILE_NAME));
        }
        EventDatabase opened = EventDatabase.open(folder, resources);
        try {
            lastIndex = findLastIndex(opened);
            head = Head.start(folder, opened.rocks.getLatestSequenceNumber());
            database = opened;
        } finally {
            if (database == null) {
                opened.close();
            }
        }
    }

    Path folder() {
        return folder;
    }

    /** The writer's own access: it is the only one that closes and opens the database. */
    EventDatabase database() {
        return database;
    }

    Head head() {
        return head;
    }

    /**
     * Closes and opens the database after a failed write, which leaves RocksDB refusing all further ones. Readers wait
     * meanwhile. Called by the writer; throws if the store still cannot be written, and then it is read as far as it can be.
     */
    void reopen() throws RocksDBException, IOException {
        boolean locked = false;
        try {
            locked = use.writeLock().tryLock(REOPEN_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!locked) {
            throw new IOException("the store is busy");
        }
        try {
            closeDatabase();
            // What was not synced may be gone.
            tail.clear();
            resources.aggregates().forget(this);
            openDatabase();
        } catch (RocksDBException | IOException | RuntimeException | Error e) {
            if (database == null) {
                readFurther(e);
            }
            throw e;
        } finally {
            use.writeLock().unlock();
        }
        tellListeners();
    }

    private void readFurther(Throwable reason) {
        try {
            database = EventDatabase.openReadOnly(folder, resources);
        } catch (RuntimeException | Error unreadable) {
            reason.addSuppressed(unreadable);
        }
    }

    private void closeDatabase() {
        if (head != null) {
            try {
                head.close();
            } catch (IOException e) {
                LOG.warn("{} could not be synced", folder.resolve(Head.FILE_NAME), e);
            }
            head = null;
        }
        if (database != null) {
            database.close();
            database = null;
        }
    }

    /** Something to read from the database while it is certain to stay open. */
    interface Read<T> {
        T from(EventDatabase database) throws RocksDBException;
    }

    <T> T reading(Read<T> read) {
        use.readLock().lock();
        try {
            requireOpen();
            if (database == null) {
                throw Refusal.readFailed(
                        "the event store in " + folder + " could not be opened again after a failed write", null);
            }
            return read.from(database);
        } catch (RocksDBException e) {
            throw Refusal.readFailed("cannot read from " + folder + ": " + e.getMessage(), e);
        } finally {
            use.readLock().unlock();
        }
    }

    /** Stores the events as one transaction; completes with the index of the last one, once that is synced. */
    public CompletionStage<Long> append(List<NewEvent> transaction) {
        return writer.submit(PendingWrite.ofEvents(transaction));
    }

    CompletionStage<Long> write(PendingWrite write) {
        return writer.submit(write);
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

    /** When each scheduled event is due, by its token, in milliseconds since the epoch. */
    public Map<String, Long> schedules() {
        return reading(database -> {
            Map<String, Long> found = new HashMap<>();
            try (RocksIterator iterator = database.rocks.newIterator(database.schedules)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    found.put(new String(iterator.key(), StandardCharsets.UTF_8), instantOf(iterator.value()));
                }
                iterator.status();
            }
            return found;
        });
    }

    /** The scheduled event, if it was neither published nor cancelled. */
    public Optional<Schedule> schedule(String token) {
        return reading(database -> {
            byte[] key = token.getBytes(StandardCharsets.UTF_8);
            return Optional.ofNullable(database.rocks.get(database.schedules, key))
                    .map(value -> parseSchedule(key, value));
        });
    }

    /** Keeps what is known of a persistent stream, and returns when it is kept. */
    public void putStream(String identifier, byte[] state) {
        await(writer.submit(PendingWrite.ofStream(identifier, state, false)));
    }

    /** The same; on the disk within a second, or with the next write that is synced. */
    public CompletionStage<Long> putStreamSoon(String identifier, byte[] state) {
        return writer.submit(PendingWrite.ofStream(identifier, state, true));
    }

    public void removeStream(String identifier) {
        await(writer.submit(PendingWrite.ofStream(identifier, null, false)));
    }

    private static void await(CompletionStage<Long> write) {
        try {
            write.toCompletableFuture().join();
        } catch (CompletionException refused) {
            throw Refusal.from(refused);
        }
    }

    /** What was last put of each persistent stream, by its identifier. */
    public SortedMap<String, byte[]> streams() {
        return reading(database -> {
            SortedMap<String, byte[]> found = new TreeMap<>();
            try (RocksIterator iterator = database.rocks.newIterator(database.streams)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    found.put(new String(iterator.key(), StandardCharsets.UTF_8), iterator.value());
                }
                iterator.status();
            }
            return found;
        });
    }

    public boolean isClosed() {
        return closed;
    }

    private void requireOpen() {
        if (closed) {
            throw closedRefusal();
        }
    }

    static Refusal closedRefusal() {
        return Refusal.contextClosed("the context was closed or deleted");
    }

    /** How many transactions wait to be written. */
    public int waitingWrites() {
        return writer.waiting();
    }

    /** Why nothing can be written now, null if it can. */
    public String hindrance() {
        return writer.hindrance();
    }

    /** Runs soon after commits, once for those that come close together, on the writer's thread: it must only hand over. */
    public void onCommit(Runnable listener) {
        listeners.add(listener);
    }

    public void removeListener(Runnable listener) {
        listeners.remove(listener);
    }

    /** The index of the last committed event, -1 if there is none. */
    public long lastIndex() {
        requireOpen();
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
        return index < 0 ? Long.MIN_VALUE : reading(database -> timestamp(eventBytes(database, index)));
    }

    /** Up to {@code count} committed events from the index on, fewer if they are more than {@code bytes} together. */
    public List<StoredEvent> read(long from, int count, int bytes) {
        long last = Math.min(lastIndex, from + count - 1);
        return reading(database -> {
            List<StoredEvent> latest = tail.read(from, last, bytes);
            if (latest != null) {
                return latest;
            }
            List<StoredEvent> found = new ArrayList<>();
            if (last - from < POINT_READS) {
                for (long index = from; index <= last; index++) {
                    found.add(stored(index, eventBytes(database, index)));
                }
            } else {
                readRange(database, from, last, bytes, found);
            }
            return found;
        });
    }

    /** Adds the events up to {@code last}, or as many as have so many bytes; gives how many bytes they have. */
    int readRange(EventDatabase database, long from, long last, int bytes, List<StoredEvent> found)
            throws RocksDBException {
        int size = 0;
        long next = from;
        boolean isWhole;
        try (Slice end = new Slice(Keys.ofIndex(last + 1));
                ReadOptions options = new ReadOptions().setIterateUpperBound(end);
                RocksIterator iterator = database.rocks.newIterator(database.events, options)) {
            for (iterator.seek(Keys.ofIndex(from)); iterator.isValid() && size < bytes; iterator.next()) {
                byte[] value = iterator.value();
                size += value.length;
                found.add(stored(next, value));
                next++;
            }
            iterator.status();
            // Keys ascend, so none was passed over if the one to come is the one expected.
            isWhole = iterator.isValid() ? Keys.index(iterator.key()) == next : next == last + 1;
        }
        if (!isWhole) {
            for (long index = from; index <= last; index++) {
                eventBytes(database, index); // Names the first that is missing.
            }
            throw missing(next);
        }
        return size;
    }

    /**
     * The next events of an aggregate.
     *
     * @param isEnd whether no later one was stored when they were read
     */
    public record AggregateEvents(List<StoredEvent> events, boolean isEnd) {}

    /**
     * Up to {@code count} events of the aggregate from one sequence number to another, both included.
     *
     * @param isStart whether a reading starts here; if not, it goes on where the one before has ended
     */
    public AggregateEvents readAggregate(String identifier, long from, long to, int count, int bytes, boolean isStart) {
        return reading(database -> aggregates.read(database, identifier, from, to, count, bytes, isStart));
    }

    /** The latest snapshot of the aggregate between two sequence numbers, both included. */
    public Optional<StoredEvent> readSnapshot(String identifier, long from, long to) {
        return reading(database -> {
            byte[] last = Keys.ofAggregate(identifier, to);
            try (ReadOptions options = EventDatabase.forAggregate(last);
                    RocksIterator iterator = database.rocks.newIterator(database.snapshots, options)) {
                iterator.seekForPrev(last);
                iterator.status();
                return iterator.isValid()
                                && Keys.sameAggregate(last, iterator.key())
                                && Keys.sequence(iterator.key()) >= from
                        ? Optional.of(new StoredEvent(-1, iterator.value(), 0))
                        : Optional.empty();
            }
        });
    }

    /** Whether the aggregate has any event: it has the first then. */
    boolean hasFirstEvent(String identifier) {
        return reading(database -> database.rocks.get(database.aggregates, Keys.ofAggregate(identifier, 0)) != null);
    }

    /** The sequence number of the aggregate's last event, -1 if it has none. */
    public long highestSequence(String identifier) {
        return reading(database -> highestSequence(database, database.aggregates, identifier));
    }

    /** The sequence number of the aggregate's latest snapshot, -1 if it has none. */
    static long latestSnapshot(EventDatabase database, String identifier) throws RocksDBException {
        return highestSequence(database, database.snapshots, identifier);
    }

    private static long highestSequence(EventDatabase database, ColumnFamilyHandle family, String identifier)
            throws RocksDBException {
        byte[] end = Keys.ofAggregate(identifier, Long.MAX_VALUE);
        try (ReadOptions options = EventDatabase.forAggregate(end);
                RocksIterator iterator = database.rocks.newIterator(family, options)) {
            iterator.seekForPrev(end);
            iterator.status();
            return iterator.isValid() && Keys.sameAggregate(end, iterator.key()) ? Keys.sequence(iterator.key()) : -1L;
        }
    }

    /** Called by the writer when these events are committed, the first of them with this index. */
    void committed(long firstIndex, List<NewEvent> events) {
        tail.add(firstIndex, events);
        lastIndex = firstIndex + events.size() - 1;
    }

    /** Called by the writer after commits. What a listener throws is its own affair, and the others are told. */
    void tellListeners() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                LOG.error("{} failed to hand over what was committed", listener, e);
            }
        }
    }

    /**
     * Adds a backup to RocksDB's backups in the folder, of which it drops all but one before; returns its number.
     *
     * <p>It is copied from a second set of links to the same files, so that the store can be closed, or closed and opened after a
     * failed write, however long the copy takes.
     *
     * @param checkpoint where the links may be meanwhile: on the store's volume, with nothing there yet
     */
    int backup(Path target, int kept, Path checkpoint) throws IOException {
        try {
            Files.createDirectories(checkpoint.toAbsolutePath().getParent());
            long written = reading(database -> {
                long last = database.rocks.getLatestSequenceNumber();
                try (Checkpoint links = Checkpoint.create(database.rocks)) {
                    links.createCheckpoint(checkpoint.toString());
                } catch (RocksDBException e) {
                    throw cannotBackUp(target, e.getMessage(), e);
                }
                return last;
            });
            try (EventDatabase copied = EventDatabase.openCheckpoint(checkpoint, resources)) {
                if (copied.rocks.getLatestSequenceNumber() < written) {
                    throw cannotBackUp(target, "operations before " + written + " are missing in its logs", null);
                }
                verifyNewTables(checkpoint, target);
                return copy(copied, target, kept);
            }
        } finally {
            Backup.deleteAll(checkpoint);
        }
    }

    /** RocksDB would copy a damaged table as it is, and the backup before, which has it whole or does not need it, would go. */
    private void verifyNewTables(Path checkpoint, Path target) throws IOException {
        Set<String> known = new HashSet<>();
        for (Path table : tables(target.resolve("shared_checksum"))) {
            Matcher name = BACKED_UP_TABLE.matcher(table.getFileName().toString());
            if (name.matches()) {
                known.add(name.group(1) + ' ' + name.group(2));
            }
        }
        try (Options options = new Options()) {
            for (Path table : tables(checkpoint)) {
                String number = table.getFileName().toString().replace(".sst", "");
                if (known.contains(number + ' ' + Files.size(table))) {
                    continue;
                }
                try (SstFileReader reader = new SstFileReader(options)) {
                    reader.open(table.toString());
                    reader.verifyChecksum();
                } catch (RocksDBException e) {
                    throw cannotBackUp(target, table.getFileName() + " is damaged: " + e.getMessage(), e);
                }
            }
        }
    }

    private static List<Path> tables(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".sst")).toList();
        }
    }

    private int copy(EventDatabase copied, Path target, int kept) {
        try (BackupEngineOptions options = new BackupEngineOptions(target.toString())
                        .setShareTableFiles(true)
                        .setShareFilesWithChecksum(true)
                        .setSync(true);
                BackupEngine engine = BackupEngine.open(Env.getDefault(), options)) {
            for (BackupInfo before : engine.getBackupInfo()) {
                if (before.backupId() != kept) {
                    engine.deleteBackup(before.backupId());
                }
            }
            engine.createNewBackup(copied.rocks, true);
            return engine.getBackupInfo().stream()
                    .mapToInt(BackupInfo::backupId)
                    .max()
                    .orElseThrow();
        } catch (RocksDBException e) {
            throw cannotBackUp(target, e.getMessage(), e);
        }
    }

    private Refusal cannotBackUp(Path target, String reason, RocksDBException cause) {
        return Refusal.writeFailed("cannot back up " + folder + " into " + target + ": " + reason, cause);
    }

    /** Waits until the writer has finished what was submitted; later writes and reads are refused. */
    @Override
    public void close() {
        aggregates.runs().close();
        writer.close();
        use.writeLock().lock();
        try {
            closed = true;
            resources.aggregates().forget(this);
            closeDatabase();
        } finally {
            use.writeLock().unlock();
        }
        tellListeners();
    }

    private static long findLastIndex(EventDatabase database) throws RocksDBException {
        try (RocksIterator iterator = database.rocks.newIterator(database.events)) {
            iterator.seekToLast();
            iterator.status();
            return iterator.isValid() ? Keys.index(iterator.key()) : -1;
        }
    }

    private byte[] eventBytes(EventDatabase database, long index) throws RocksDBException {
        byte[] value = database.rocks.get(database.events, Keys.ofIndex(index));
        if (value == null) {
            throw missing(index);
        }
        return value;
    }

    List<byte[]> eventsBytes(EventDatabase database, List<byte[]> keys) throws RocksDBException {
        if (keys.size() == 1) {
            return List.of(eventBytes(database, Keys.index(keys.get(0))));
        }
        List<byte[]> values = database.rocks.multiGetAsList(Collections.nCopies(keys.size(), database.events), keys);
        int missing = values.indexOf(null);
        if (missing >= 0) {
            throw missing(Keys.index(keys.get(missing)));
        }
        return values;
    }

    static StoredEvent stored(long index, byte[] value) {
        return new StoredEvent(index, value, NewEvent.PREFIX_BYTES);
    }

    static long timestamp(byte[] value) {
        return ByteBuffer.wrap(value).getLong();
    }

    static Event parseEvent(byte[] value) {
        return StoredEvent.parse(value, NewEvent.PREFIX_BYTES);
    }

    static Event parseSnapshot(byte[] value) {
        return StoredEvent.parse(value, 0);
    }

    static Schedule parseSchedule(byte[] key, byte[] value) {
        return new Schedule(
                new String(key, StandardCharsets.UTF_8),
                instantOf(value),
                StoredEvent.parse(value, NewEvent.PREFIX_BYTES));
    }

    /** Of a schedule, without its event. */
    private static long instantOf(byte[] schedule) {
        return ByteBuffer.wrap(schedule).getLong();
    }

    private Refusal missing(long index) {
        return Refusal.readFailed("event " + index + " is missing in " + folder, null);
    }
}
