package florin.eventstore.storage;

/**
 * How events are kept.
 *
 * @param sync when the write-ahead log is synced
 * @param minFreeBytes appends are refused while the volume has less room than this
 */
public record StorageConfiguration(SyncMode sync, long minFreeBytes) {
    public static final StorageConfiguration DEFAULT = new StorageConfiguration(SyncMode.EVERY_COMMIT, 128L << 20);

    public StorageConfiguration {
        if (minFreeBytes < 0) {
            throw new IllegalArgumentException("the room to keep free cannot be negative: " + minFreeBytes);
        }
    }

    public StorageConfiguration withSync(SyncMode mode) {
        return new StorageConfiguration(mode, minFreeBytes);
    }

    public StorageConfiguration withMinFreeBytes(long bytes) {
        return new StorageConfiguration(sync, bytes);
    }
}
