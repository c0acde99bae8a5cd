package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.WALRecoveryMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open RocksDB database and its column families.
 *
 * <p>Opening replays the write-ahead log up to its first record that is not whole. The end of a log looks like that after a loss
 * of power, and always where it was written over an older one: its file is used again, for a sync then changes no metadata
 * of the file system and is faster. That nothing is missing is known otherwise: each log names the last record of its predecessor,
 * and what the last one must hold stands in {@link Head}. A store is {@linkplain #examine examined} before it is opened,
 * because opening writes out what was found and deletes the logs.
 */
final class EventDatabase implements AutoCloseable {
    private static final List<String> FAMILIES =
            List.of("default", "events", "aggregates", "snapshots", "schedules", "streams");

    /** Whose filters tell what aggregates there are in a table. */
    private static final Set<String> BY_AGGREGATE = Set.of("aggregates", "snapshots");

    private static final Pattern DROPPED =
            Pattern.compile("(\\d+\\.log): dropping \\d+ bytes(?:; (Corruption: )?(.*))?");
    private static final Pattern MISMATCHED =
            Pattern.compile("Mismatched size of the WAL of log number (\\d+)\\. Recorded (\\d+) bytes");
    private static final int LOGS_USED_AGAIN = 4;
    /** Of RocksDB's journal of what it does. */
    private static final long MAX_LOG_BYTES = 16L << 20;
    /** What this process has open for writing. */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private static final Logger LOG = LoggerFactory.getLogger(EventDatabase.class);

    final RocksDB rocks;
    final ColumnFamilyHandle runs;
    final ColumnFamilyHandle events;
    final ColumnFamilyHandle aggregates;
    final ColumnFamilyHandle snapshots;
    final ColumnFamilyHandle schedules;
    final ColumnFamilyHandle streams;
    private final List<ColumnFamilyHandle> all;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    private EventDatabase(Path folder, StorageResources shared, Diary diary, boolean isCompacted) {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            List<ColumnFamilyDescriptor> families = families(shared);
            families.forEach(family -> family.getOptions().setDisableAutoCompactions(!isCompacted));
            DBOptions options = options(shared);
            rocks = diary == null
                    ? keep(RocksDB.open(options, folder.toString(), families, handles))
                    : keep(RocksDB.openReadOnly(options.setLogger(diary), folder.toString(), families, handles));
            handles.forEach(resources::push);
            all = handles;
            runs = handles.get(0);
            events = handles.get(1);
            aggregates = handles.get(2);
            snapshots = handles.get(3);
            schedules = handles.get(4);
            streams = handles.get(5);
        } catch (RocksDBException e) {
            close();
            throw cannotOpen(folder, e, diary);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Opens or creates the database; the folder is then locked against other processes. */
    static EventDatabase open(Path folder, StorageResources shared) throws IOException {
        return open(folder, shared, true);
    }

    /** Opens links to another database's files only to copy them: its tables stay the same ones. */
    static EventDatabase openCheckpoint(Path folder, StorageResources shared) throws IOException {
        return open(folder, shared, false);
    }

    private static EventDatabase open(Path folder, StorageResources shared, boolean isCompacted) throws IOException {
        Path path = Files.createDirectories(folder).toRealPath();
        boolean isFirst = OPEN.add(path);
        try {
            EventDatabase opened = new EventDatabase(folder, shared, null, isCompacted);
            opened.resources.addLast(() -> OPEN.remove(path));
            return opened;
        } catch (RuntimeException | Error e) {
            if (isFirst) {
                OPEN.remove(path);
            }
            throw e;
        }
    }

    /** Opens what is there without changing a file, and without a look at {@link Head}. */
    static EventDatabase openReadOnly(Path folder, StorageResources shared) {
        try (Diary diary = new Diary()) {
            return new EventDatabase(folder, shared, diary, false);
        }
    }

    /** What is done with a database that is all there. */
    interface Examination<T> {
        T of(EventDatabase database) throws RocksDBException;
    }

    /**
     * Opens what is there without changing a file, refuses it if something is missing, and locks it against other processes
     * meanwhile. Only what stands behind the end of a finished log, of the older one whose file it has, is cut off first:
     * RocksDB does so itself soon after it has begun the next log, but if it was killed in between it takes the size of that file
     * for damage, and all that follows for lost.
     */
    static <T> T examine(Path folder, StorageResources shared, Examination<T> examination) throws IOException {
        return whileLocked(folder, () -> {
            while (true) {
                try (Diary diary = new Diary()) {
                    try (EventDatabase database = new EventDatabase(folder, shared, diary, false)) {
                        if (!diary.cutFinishedLog(folder)) {
                            return examine(folder, database, diary, examination);
                        }
                    } catch (Refusal refusal) {
                        if (!diary.cutFinishedLog(folder)) {
                            throw refusal;
                        }
                    }
                }
            }
        });
    }

    /** What is done while no other process can open a database. */
    interface Undisturbed<T> {
        T run() throws IOException;
    }

    /** Locks the database of the folder against other processes; refused if one has it open, or this one. */
    static <T> T whileLocked(Path folder, Undisturbed<T> action) throws IOException {
        if (OPEN.contains(folder.toRealPath())) {
            // To close a second channel of the lock's file would give up the first one's lock.
            throw inUse(folder, null);
        }
        try (FileChannel channel =
                        FileChannel.open(folder.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                throw inUse(folder, null);
            }
            return action.run();
        }
    }

    private static <T> T examine(Path folder, EventDatabase database, Diary diary, Examination<T> examination)
            throws IOException {
        long synced = Head.read(folder);
        try {
            long found = database.rocks.getLatestSequenceNumber();
            if (found < synced) {
                throw Refusal.readFailed(
                        "the event store in " + folder + " is damaged: its files end at operation " + found
                                + diary.culprits() + ", but " + synced + " had been synced according to "
                                + folder.resolve(Head.FILE_NAME) + "; restore a backup",
                        null);
            }
            if (synced < 0) {
                LOG.warn("{} is missing: a lost end of the log would not be noticed", folder.resolve(Head.FILE_NAME));
            }
            return examination.of(database);
        } catch (RocksDBException e) {
            throw cannotOpen(folder, e, diary);
        }
    }

    /** Keeps what RocksDB says of the logs that it cannot read to their end; its exceptions do not tell. */
    private static final class Diary extends org.rocksdb.Logger {
        private final List<String> damaged = new CopyOnWriteArrayList<>();
        /** The first log that ends where an older one goes on: as it should be, unless something is missing. */
        private volatile String used = "";

        private Diary() {
            super(InfoLogLevel.WARN_LEVEL);
        }

        @Override
        protected void log(InfoLogLevel level, String message) {
            Matcher dropped = DROPPED.matcher(message);
            if (!dropped.find()) {
                return;
            }
            if (dropped.group(2) != null) {
                damaged.add(dropped.group(1) + ": " + dropped.group(3).strip());
            } else if (used.isEmpty()) {
                used = dropped.group(1);
            }
        }

        /** Cuts a log to the size that the next one says it had; false if there is none that is longer. */
        private boolean cutFinishedLog(Path folder) throws IOException {
            for (String message : damaged) {
                Matcher mismatched = MISMATCHED.matcher(message);
                if (mismatched.find()) {
                    Path log =
                            folder.resolve(String.format(Locale.ROOT, "%06d.log", Long.parseLong(mismatched.group(1))));
                    long size = Long.parseLong(mismatched.group(2));
                    if (Files.exists(log) && Files.size(log) > size) {
                        LOG.info("{} is cut to the {} bytes that it had when it was finished", log, size);
                        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                            channel.truncate(size).force(true);
                        }
                        return true;
                    }
                }
            }
            return false;
        }

        private String culprits() {
            String culprits = damaged.isEmpty() ? used : String.join("; ", damaged);
            return culprits.isEmpty() ? "" : " (" + culprits + ')';
        }
    }

    private static Refusal inUse(Path folder, RocksDBException reason) {
        return Refusal.readFailed("the event store in " + folder + " is in use by another process", reason);
    }

    /** What a failure to open means to whoever runs the node; names the file wherever RocksDB tells it. */
    private static Refusal cannotOpen(Path folder, RocksDBException reason, Diary diary) {
        String message = String.valueOf(reason.getMessage());
        if (message.startsWith("While lock file") || message.startsWith("lock ")) {
            return inUse(folder, reason);
        }
        String culprit = "";
        if (message.contains("MANIFEST") && message.contains("No such file")) {
            culprit = " (named by " + folder.resolve("CURRENT") + ')';
        } else if (!message.contains(".sst")) {
            culprit = diary == null ? "" : diary.culprits();
            if (culprit.isEmpty()) {
                culprit = damagedTable(folder);
            }
        }
        return Refusal.readFailed("cannot open the event store in " + folder + ": " + message + culprit, reason);
    }

    /** RocksDB blames its manifest for a table file of which it cannot read the properties. */
    private static String damagedTable(Path folder) {
        try (Stream<Path> files = Files.list(folder);
                Options options = new Options()) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".sst")).toList()) {
                try (SstFileReader reader = new SstFileReader(options)) {
                    reader.open(file.toString());
                } catch (RocksDBException e) {
                    return " (" + file.getFileName() + ": " + e.getMessage() + ')';
                }
            }
        } catch (IOException e) {
            return " (and its files cannot be listed: " + e.getMessage() + ')';
        }
        return "";
    }

    private List<ColumnFamilyDescriptor> families(StorageResources shared) {
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (String name : FAMILIES) {
            BlockBasedTableConfig table = new BlockBasedTableConfig()
                    .setBlockCache(shared.blockCache())
                    // Small blocks: the events of one aggregate lie far apart, and each costs a block.
                    .setBlockSize(4 << 10)
                    // In small pieces: the filter of a large table as one block would not fit into the cache.
                    .setIndexType(IndexType.kTwoLevelIndexSearch)
                    .setPartitionFilters(true)
                    .setMetadataBlockSize(4 << 10)
                    .setCacheIndexAndFilterBlocks(true)
                    .setCacheIndexAndFilterBlocksWithHighPriority(true)
                    .setPinTopLevelIndexAndFilter(true)
                    .setPinL0FilterAndIndexBlocksInCache(true);
            if (!name.equals("events")) {
                // Nobody asks for an event that is not there.
                table.setFilterPolicy(keep(new BloomFilter(10)));
            }
            ColumnFamilyOptions options = keep(new ColumnFamilyOptions())
                    .setTableFormatConfig(table)
                    .setWriteBufferSize(shared.writeBufferBytes())
                    .setMaxWriteBufferNumber(3)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION);
            if (BY_AGGREGATE.contains(name)) {
                options.useCappedPrefixExtractor(Keys.PREFIX_BYTES);
            }
            families.add(new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), options));
        }
        return families;
    }

    private DBOptions options(StorageResources shared) {
        // The Java interface has no setter for these two.
        Properties byName = new Properties();
        byName.setProperty("track_and_verify_wals", "true");
        byName.setProperty("verify_manifest_content_on_close", "true");
        return keep(DBOptions.getDBOptionsFromProps(byName))
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                .setRecycleLogFileNum(LOGS_USED_AGAIN)
                .setMaxBgErrorResumeCount(0)
                .setStatistics(shared.statistics())
                .setWriteBufferManager(shared.writeBuffers())
                .setMaxTotalWalSize(LOGS_USED_AGAIN * shared.writeBufferBytes())
                .setMaxOpenFiles(512)
                .setMaxBackgroundJobs(2)
                .setKeepLogFileNum(3)
                .setMaxLogFileSize(MAX_LOG_BYTES)
                .setBytesPerSync(1 << 20);
    }

    /**
     * To look for one aggregate's keys, of which this is one: blocks of tables that have none of them are not read, except for
     * false alarms of the filters. Of a short identifier the filters do not know.
     */
    static ReadOptions forAggregate(byte[] key) {
        return new ReadOptions().setTotalOrderSeek(!Keys.hasPrefix(key));
    }

    /**
     * Begins to write out what is in the write buffers. All contexts share the room for them, and RocksDB makes room in the
     * database that is written to only: of what idle ones keep there, the busy ones would write out ever smaller tables.
     */
    void flush() throws RocksDBException {
        try (FlushOptions options = new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true)) {
            rocks.flush(options, all);
        }
    }

    private <T extends AutoCloseable> T keep(T object) {
        resources.push(object);
        return object;
    }

    /** Releases the native objects, the last made first. */
    @Override
    public void close() {
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("RocksDB objects close without exceptions", e);
            }
        }
    }
}
