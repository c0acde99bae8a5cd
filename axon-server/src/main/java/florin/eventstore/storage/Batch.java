package florin.eventstore.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * What is to be written at once, in the form that RocksDB gives a write batch. It is put together here, and handed over
 * as a whole, because a call into RocksDB for each key costs more than all the rest of an append.
 *
 * <p>Format: sequence number (8 bytes, little-endian, which RocksDB sets) and number of records (4); each record a tag,
 * the column family's id, and the key and the value, each after its length; ids and lengths are varints.
 */
final class Batch {
    private static final int COUNT_AT = Long.BYTES;
    private static final int HEADER_BYTES = COUNT_AT + Integer.BYTES;
    private static final byte DELETE = 0x4;
    private static final byte PUT = 0x5;
    private static final int MAX_VARINT_BYTES = 5;
    private static final int FIRST_BYTES = 64 << 10;
    /** Of a batch that is used again; a large one gives back what it took. */
    private static final int MAX_KEPT_BYTES = 1 << 20;

    private byte[] bytes = new byte[FIRST_BYTES];
    private int size = HEADER_BYTES;
    private int count;

    /** Begins anew. */
    void clear() {
        if (bytes.length > MAX_KEPT_BYTES) {
            bytes = new byte[FIRST_BYTES];
        }
        size = HEADER_BYTES;
        count = 0;
    }

    void put(int family, byte[] key, byte[] value) {
        start(PUT, family, 2 * MAX_VARINT_BYTES + key.length + value.length);
        append(key);
        append(value);
    }

    void delete(int family, byte[] key) {
        start(DELETE, family, MAX_VARINT_BYTES + key.length);
        append(key);
    }

    private void start(byte tag, int family, int room) {
        int needed = Math.addExact(size, 1 + MAX_VARINT_BYTES + room);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
        }
        bytes[size++] = tag;
        appendVarint(family);
        count++;
    }

    private void append(byte[] string) {
        appendVarint(string.length);
        System.arraycopy(string, 0, bytes, size, string.length);
        size += string.length;
    }

    private void appendVarint(int value) {
        int rest = value;
        while (rest >= 0x80) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    boolean isEmpty() {
        return count == 0;
    }

    byte[] serialized() {
        byte[] all = Arrays.copyOf(bytes, size);
        ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putInt(COUNT_AT, count);
        return all;
    }

    void writeTo(RocksDB rocks, WriteOptions options) throws RocksDBException {
        try (WriteBatch batch = new WriteBatch(serialized())) {
            rocks.write(options, batch);
        }
    }
}
