package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
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
import org.rocksdb.IndexType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.WALRecoveryMode;

/**
 * One open RocksDB database and its column families.
 *
 * <p>Opening replays the write-ahead log. A record torn at the log's end is dropped; each log names the length of its
 * predecessor, so that an older one cannot lose its end unnoticed. What the last one must hold stands in {@link Head}.
 */
final class EventDatabase implements AutoCloseable {
    private static final List<String> FAMILIES =
            List.of("default", "events", "aggregates", "snapshots", "schedules", "streams");

    private static final Pattern LOG_NUMBER = Pattern.compile("log number (\\d+)");
    private static final Pattern DROPPED = Pattern.compile("(\\d+\\.log): dropping \\d+ bytes");

    final RocksDB rocks;
    final ColumnFamilyHandle runs;
    final ColumnFamilyHandle events;
    final ColumnFamilyHandle aggregates;
    final ColumnFamilyHandle snapshots;
    final ColumnFamilyHandle schedules;
    final ColumnFamilyHandle streams;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    private EventDatabase(Path folder, StorageResources shared, boolean readOnly) throws RocksDBException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        List<ColumnFamilyDescriptor> families = families(shared);
        DBOptions options = options(shared);
        try {
            rocks = readOnly
                    ? RocksDB.openReadOnly(options, folder.toString(), families, handles)
                    : RocksDB.open(options, folder.toString(), families, handles);
        } catch (RocksDBException e) {
            close();
            throw e;
        }
        resources.push(rocks);
        handles.forEach(resources::push);
        runs = handles.get(0);
        events = handles.get(1);
        aggregates = handles.get(2);
        snapshots = handles.get(3);
        schedules = handles.get(4);
        streams = handles.get(5);
    }

    /** Opens or creates the database; the folder is then locked against other processes. */
    static EventDatabase open(Path folder, StorageResources shared) throws RocksDBException {
        return new EventDatabase(folder, shared, false);
    }

    /** Opens what is there without changing a file. */
    static EventDatabase openReadOnly(Path folder, StorageResources shared) throws RocksDBException {
        return new EventDatabase(folder, shared, true);
    }

    /** What a failure to open means to whoever runs the node; names the file wherever RocksDB tells it. */
    static Refusal cannotOpen(Path folder, RocksDBException reason) {
        String message = String.valueOf(reason.getMessage());
        if (message.startsWith("While lock file") || message.startsWith("lock ")) {
            return Refusal.readFailed("the event store in " + folder + " is in use by another process", reason);
        }
        return Refusal.readFailed(
                "cannot open the event store in " + folder + ": " + message + culprit(folder, message), reason);
    }

    private static String culprit(Path folder, String message) {
        if (message.contains("MANIFEST") && message.contains("No such file")) {
            return " (named by " + folder.resolve("CURRENT") + ')';
        }
        String log = damagedLog(folder, message);
        return log.isEmpty() && !message.contains(".sst") ? damagedTable(folder) : log;
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

    /** RocksDB says which write-ahead log is damaged by its number, or in its diary only. */
    private static String damagedLog(Path folder, String message) {
        Matcher number = LOG_NUMBER.matcher(message);
        if (number.find()) {
            return String.format(Locale.ROOT, " (%06d.log)", Long.parseLong(number.group(1)));
        }
        try (Stream<String> lines = Files.lines(folder.resolve("LOG"), StandardCharsets.ISO_8859_1)) {
            return lines.map(DROPPED::matcher)
                    .filter(Matcher::find)
                    .map(dropped -> " (" + dropped.group(1) + ')')
                    .findFirst()
                    .orElse("");
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
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
                    .setWriteBufferSize(16L << 20)
                    .setMaxWriteBufferNumber(3)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION);
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
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxBgErrorResumeCount(0)
                .setStatistics(shared.statistics())
                .setWriteBufferManager(shared.writeBuffers())
                .setMaxTotalWalSize(128L << 20)
                .setMaxOpenFiles(512)
                .setMaxBackgroundJobs(2)
                .setKeepLogFileNum(3)
                .setBytesPerSync(1 << 20);
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
