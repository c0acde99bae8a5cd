package florin.eventstore.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The key formats of the store: big-endian, so that RocksDB's byte order is the order of the numbers. */
final class Keys {
    /** By which filters tell aggregates apart: the identifier's length, and its first 16 bytes. */
    static final int PREFIX_BYTES = Short.BYTES + 16;

    private Keys() {}

    static byte[] ofIndex(long index) {
        return ByteBuffer.allocate(Long.BYTES).putLong(index).array();
    }

    static long index(byte[] key) {
        return ByteBuffer.wrap(key).getLong();
    }

    /** Length, identifier, sequence number: the length keeps one identifier from being the prefix of another. */
    static byte[] ofAggregate(String identifier, long sequence) {
        byte[] name = identifier.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Short.BYTES + name.length + Long.BYTES)
                .putShort((short) name.length)
                .put(name)
                .putLong(sequence)
                .array();
    }

    /** The first key behind that of the aggregate's event with this sequence number. */
    static byte[] afterAggregate(String identifier, long sequence) {
        byte[] key = ofAggregate(identifier, sequence);
        return Arrays.copyOf(key, key.length + 1);
    }

    /** Whether its first {@link #PREFIX_BYTES} are those of all keys of its aggregate. */
    static boolean hasPrefix(byte[] aggregateKey) {
        return aggregateKey.length - Long.BYTES >= PREFIX_BYTES;
    }

    static long sequence(byte[] aggregateKey) {
        return ByteBuffer.wrap(aggregateKey).getLong(aggregateKey.length - Long.BYTES);
    }

    /** Whether both keys belong to the same aggregate, whatever their sequence numbers. */
    static boolean sameAggregate(byte[] left, byte[] right) {
        return left.length == right.length
                && ByteBuffer.wrap(left, 0, left.length - Long.BYTES)
                        .equals(ByteBuffer.wrap(right, 0, right.length - Long.BYTES));
    }
}
