package florin.eventstore.storage;

/**
 * How events are kept.
 *
 * @param sync when the write-ahead log is synced
 * @param minFreeBytes appends are refused while the volume has less room than this
 * @param writeBufferBytes how much of what was written last is kept in memory before it becomes a file, for each column family;
 *     from {@value #MIN_WRITE_BUFFER_BYTES} to {@value #MAX_WRITE_BUFFER_BYTES}
 * @param blockCacheBytes for the write buffers and what was read last of tables, their indexes and filters, of all contexts together;
 *     from {@value #MIN_BLOCK_CACHE_BYTES} to {@value #MAX_BLOCK_CACHE_BYTES}
 */
public record StorageConfiguration(SyncMode sync, long minFreeBytes, long writeBufferBytes, long blockCacheBytes) {
    public static final long MIN_WRITE_BUFFER_BYTES = 64 << 10;
    public static final long MAX_WRITE_BUFFER_BYTES = 32 << 20;
    public static final long MIN_BLOCK_CACHE_BYTES = 64L << 20;
    public static final long MAX_BLOCK_CACHE_BYTES = 64L << 30;
    public static final StorageConfiguration DEFAULT =
            new StorageConfiguration(SyncMode.EVERY_COMMIT, 128L << 20, 16L << 20, 128L << 20);

    public StorageConfiguration {
        if (minFreeBytes < 0) {
            throw new IllegalArgumentException("the room to keep free cannot be negative: " + minFreeBytes);
        }
        if (writeBufferBytes < MIN_WRITE_BUFFER_BYTES || writeBufferBytes > MAX_WRITE_BUFFER_BYTES) {
            throw new IllegalArgumentException("a write buffer has " + MIN_WRITE_BUFFER_BYTES + " to "
                    + MAX_WRITE_BUFFER_BYTES + " bytes, not " + writeBufferBytes);
        }
        if (blockCacheBytes < MIN_BLOCK_CACHE_BYTES || blockCacheBytes > MAX_BLOCK_CACHE_BYTES) {
            throw new IllegalArgumentException("the block cache has " + MIN_BLOCK_CACHE_BYTES + " to "
                    + MAX_BLOCK_CACHE_BYTES + " bytes, not " + blockCacheBytes);
        }
    }

    public StorageConfiguration withSync(SyncMode mode) {
        return new StorageConfiguration(mode, minFreeBytes, writeBufferBytes, blockCacheBytes);
    }

    public StorageConfiguration withMinFreeBytes(long bytes) {
        return new StorageConfiguration(sync, bytes, writeBufferBytes, blockCacheBytes);
    }

    public StorageConfiguration withWriteBufferBytes(long bytes) {
        return new StorageConfiguration(sync, minFreeBytes, bytes, blockCacheBytes);
    }

    public StorageConfiguration withBlockCacheBytes(long bytes) {
        return new StorageConfiguration(sync, minFreeBytes, writeBufferBytes, bytes);
    }
}
