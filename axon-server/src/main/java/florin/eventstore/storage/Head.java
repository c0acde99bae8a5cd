package florin.eventstore.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * How far the write-ahead log had been synced: the number of RocksDB's last operation, in a small file beside the log. A
 * log that ends before it has lost acknowledged transactions, which its own format cannot tell from a torn end.
 *
 * <p>Format: two slots, 4,096 bytes apart, of a number (8 bytes, big-endian) and the CRC-32C of these bytes (8). They
 * are written in turn and only after the log's sync, so the file never claims too much and a torn slot leaves the other.
 * It is itself synced each second: after a loss of power it may be that much behind, after a kill it is exact.
 *
 * <p>Not thread-safe; the writer's thread uses it.
 */
final class Head implements AutoCloseable {
    static final String FILE_NAME = "head";

    private static final int SLOT_BYTES = 2 * Long.BYTES;
    private static final int SLOT_DISTANCE = 4096;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(SLOT_BYTES);
    private long sequence;
    private int slot;
    private boolean dirty;

    private Head(FileChannel channel, long sequence) {
        this.channel = channel;
        this.sequence = sequence;
    }

    /** The number that the folder's file holds; -1 if there is no file. */
    static long read(Path folder) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return -1;
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        long highest = -1;
        for (int slot = 0; slot < 2; slot++) {
            int offset = slot * SLOT_DISTANCE;
            if (bytes.capacity() >= offset + SLOT_BYTES) {
                long number = bytes.getLong(offset);
                if (bytes.getLong(offset + Long.BYTES) == checksum(number)) {
                    highest = Math.max(highest, number);
                }
            }
        }
        if (highest < 0) {
            throw new IOException(file + " is damaged: neither of its two numbers has the right checksum");
        }
        return highest;
    }

    /** Starts the folder's file anew with this number in both slots. */
    static Head start(Path folder, long sequence) throws IOException {
        Head head = new Head(
                FileChannel.open(folder.resolve(FILE_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                sequence);
        head.write();
        head.force();
        head.write();
        head.force();
        return head;
    }

    void advance(long number) throws IOException {
        if (number != sequence) {
            sequence = number;
            write();
        }
    }

    private void write() throws IOException {
        buffer.clear();
        buffer.putLong(sequence).putLong(checksum(sequence)).flip();
        long position = (long) slot * SLOT_DISTANCE;
        while (buffer.hasRemaining()) {
            position += channel.write(buffer, position);
        }
        slot = 1 - slot;
        dirty = true;
    }

    void force() throws IOException {
        if (dirty) {
            channel.force(false);
            dirty = false;
        }
    }

    private static long checksum(long number) {
        CRC32C checksum = new CRC32C();
        checksum.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        return checksum.getValue();
    }

    @Override
    public void close() throws IOException {
        force();
        channel.close();
    }
}
