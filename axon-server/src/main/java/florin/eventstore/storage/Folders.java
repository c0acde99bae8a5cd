package florin.eventstore.storage;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Makes and moves what a loss of power must not undo: to sync a file does not sync its name, which stands in its folder. */
final class Folders {
    /** Windows opens no folder. */
    private static final boolean CAN_BE_SYNCED = File.separatorChar == '/';

    private Folders() {}

    /** Creates the folder if it is missing, and what it lies in. */
    static Path create(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath();
        if (!Files.isDirectory(absolute)) {
            create(absolute.getParent());
            Files.createDirectories(absolute);
            sync(absolute.getParent());
        }
        return folder;
    }

    /** Moves a file or folder at once; if there is a file of the new name already, it takes its place. */
    static void move(Path source, Path target) throws IOException {
        Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        sync(target.toAbsolutePath().getParent());
        sync(source.toAbsolutePath().getParent());
    }

    private static void sync(Path folder) throws IOException {
        if (CAN_BE_SYNCED) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
