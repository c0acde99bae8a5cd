package florin.eventstore.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/** What all contexts share so that memory stays bounded however many there are: the block cache and the write buffers. */
public final class StorageResources implements AutoCloseable {
    private static final long BLOCK_CACHE_BYTES = 64L << 20;
    private static final long WRITE_BUFFER_BYTES = 48L << 20;

    private final Cache blockCache;
    private final WriteBufferManager writeBuffers;

    /** Unpacks the native library into the folder, so that a killed process leaves no copy behind elsewhere. */
    public StorageResources(Path nativeFolder) {
        try {
            Files.createDirectories(nativeFolder);
            NativeLibraryLoader.getInstance().loadLibrary(nativeFolder.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack RocksDB's library into " + nativeFolder, e);
        }
        RocksDB.loadLibrary();
        blockCache = new LRUCache(BLOCK_CACHE_BYTES);
        writeBuffers = new WriteBufferManager(WRITE_BUFFER_BYTES, blockCache);
    }

    Cache blockCache() {
        return blockCache;
    }

    WriteBufferManager writeBuffers() {
        return writeBuffers;
    }

    @Override
    public void close() {
        writeBuffers.close();
        blockCache.close();
    }
}
