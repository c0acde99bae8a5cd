package florin.eventstore.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Whether the volume has room to write. RocksDB itself needs some to flush and compact, so appends stop before it is full. */
final class DiskReserve {
    private static final long CHECK_NANOS = 100_000_000;
    private static final int PROBE_BYTES = 4 << 20;

    private final Path folder;
    private final long minFreeBytes;
    private long checkedAt;
    private String obstacle;

    DiskReserve(Path folder, long minFreeBytes) {
        this.folder = folder;
        this.minFreeBytes = minFreeBytes;
        checkedAt = System.nanoTime() - CHECK_NANOS;
    }

    /** Why nothing may be written now, null if it may. Looks at the volume ten times a second at most. */
    String obstacle() {
        long now = System.nanoTime();
        if (now - checkedAt >= CHECK_NANOS) {
            checkedAt = now;
            obstacle = look();
        }
        return obstacle;
    }

    private String look() {
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            return free >= minFreeBytes
                    ? null
                    : "the disk is full: " + free + " bytes are free in " + folder + " and " + minFreeBytes
                            + " must stay free";
        } catch (IOException e) {
            return "cannot tell how much room is in " + folder + ": " + e.getMessage();
        }
    }

    /** Writes and syncs a file of some size, to see whether that works again after it has failed. */
    void probe() throws IOException {
        Path file = folder.resolve("probe");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(64 << 10);
            for (int written = 0; written < PROBE_BYTES; ) {
                written += channel.write(zeros.clear());
            }
            channel.force(true);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
