package florin.eventstore.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.Cache;
import org.rocksdb.HistogramType;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;
import org.rocksdb.Statistics;
import org.rocksdb.WriteBufferManager;

/** What all contexts share so that memory stays bounded however many there are: caches, write buffers, and room for what waits. */
public final class StorageResources implements AutoCloseable {
    private static final int BLOCK_CACHE_SHARD_BITS = 3;
    private static final double FOR_INDEX_AND_FILTERS = 0.5;
    private static final int WRITE_BUFFERS = 3;
    /** Of what waits to be written: an eighth of the heap, and what one context may have in any case. */
    static final long MAX_QUEUED_BYTES =
            Math.max(EventWriter.MAX_QUEUED_BYTES, Runtime.getRuntime().maxMemory() / 8);
    /** Each takes some hundred bytes of the heap. */
    private static final int REMEMBERED_AGGREGATES = 65_536;

    private final Cache blockCache;
    private final long writeBufferBytes;
    private final WriteBufferManager writeBuffers;
    private final Statistics statistics;
    private final AggregateCache aggregates = new AggregateCache();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicInteger writers = new AtomicInteger();

    /** With write buffers and a cache of the usual size. */
    public StorageResources(Path nativeFolder) {
        this(nativeFolder, StorageConfiguration.DEFAULT);
    }

    /**
     * Unpacks the native library into the folder, so that a killed process leaves no copy behind elsewhere.
     *
     * @param configuration the write buffers of all column families together hold three times one's size
     */
    public StorageResources(Path nativeFolder, StorageConfiguration configuration) {
        writeBufferBytes = configuration.writeBufferBytes();
        try {
            Folders.create(nativeFolder);
            NativeLibraryLoader.getInstance().loadLibrary(nativeFolder.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack RocksDB's library into " + nativeFolder, e);
        }
        RocksDB.loadLibrary();
        blockCache =
                new LRUCache(configuration.blockCacheBytes(), BLOCK_CACHE_SHARD_BITS, false, FOR_INDEX_AND_FILTERS);
        writeBuffers = new WriteBufferManager(WRITE_BUFFERS * writeBufferBytes, blockCache);
        statistics = new Statistics(EnumSet.allOf(HistogramType.class));
    }

    Cache blockCache() {
        return blockCache;
    }

    long writeBufferBytes() {
        return writeBufferBytes;
    }

    WriteBufferManager writeBuffers() {
        return writeBuffers;
    }

    AggregateCache aggregates() {
        return aggregates;
    }

    /** False, and nothing is counted, if so many bytes more would be too much to wait; they alone may, however many they are. */
    boolean addQueued(long bytes) {
        long all = queuedBytes.addAndGet(bytes);
        if (all <= MAX_QUEUED_BYTES || all == bytes) {
            return true;
        }
        removeQueued(bytes);
        return false;
    }

    void removeQueued(long bytes) {
        queuedBytes.addAndGet(-bytes);
    }

    void addWriter() {
        writers.incrementAndGet();
    }

    void removeWriter() {
        writers.decrementAndGet();
    }

    /** Of how many aggregates each writer keeps the last sequence number. */
    int rememberedAggregates() {
        return REMEMBERED_AGGREGATES / Math.max(1, writers.get());
    }

    /** RocksDB's own counters, over all contexts, without the histograms, which cost time. */
    Statistics statistics() {
        return statistics;
    }

    @Override
    public void close() {
        statistics.close();
        writeBuffers.close();
        blockCache.close();
    }
}
