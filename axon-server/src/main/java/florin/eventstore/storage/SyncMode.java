package florin.eventstore.storage;

/** When the write-ahead log is brought to the disk, compared with when an append is acknowledged. */
public enum SyncMode {
    /** Before the acknowledgement: what was acknowledged survives a loss of power. */
    EVERY_COMMIT,
    /** Each second: a loss of power takes up to the last second of acknowledged transactions with it. */
    INTERVAL
}
