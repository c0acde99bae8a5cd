package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder that one running platform owns: a lock that dies with its holder, the state, data and logs. */
public final class DataFolder implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final FileLock lock;

    private DataFolder(Path path, FileChannel channel, FileLock lock) {
        this.path = path;
        this.channel = channel;
        this.lock = lock;
    }

    static DataFolder lock(Path path) {
        FileChannel channel = null;
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(path.toAbsolutePath().getParent());
                Files.createDirectory(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            channel = FileChannel.open(lockFile(path), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new LauncherException("The data folder " + path
                        + " is in use by a running Florin: stop that with ./florin down, or choose another folder with "
                        + Setting.DATA.option() + ".");
            }
            return new DataFolder(path, channel, lock);
        } catch (IOException e) {
            closeQuietly(channel);
            throw unusable(path, e);
        }
    }

    /** Whether a launcher holds the folder now. */
    static boolean isInUse(Path path) {
        if (!Files.exists(lockFile(path))) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(lockFile(path), StandardOpenOption.WRITE);
                FileLock lock = tryLock(channel)) {
            return lock == null;
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // this very JVM holds it
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A folder that holds nothing yet, for a program that does not go on with old data: the chosen one, which may be empty
     * or not there, or a temporary one.
     *
     * @param program that of the sentence that refuses a folder with something in it
     * @param prefix of the temporary folder's name
     */
    public static Path fresh(Optional<Path> chosen, String program, String prefix) {
        Path folder = chosen.orElseGet(() -> temporary(prefix));
        if (Files.exists(folder) && !isEmpty(folder)) {
            throw new LauncherException(program + " needs a new folder, and " + folder
                    + " is not empty: choose another one with --data, or none for a temporary one.");
        }
        return folder;
    }

    /** But for the lock of a start that was refused. */
    private static boolean isEmpty(Path folder) {
        try (Stream<Path> content = Files.list(folder)) {
            return content.allMatch(path -> path.equals(lockFile(folder)));
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static LauncherException unusable(Path folder, IOException e) {
        return new LauncherException(
                "The data folder " + folder + " cannot be used: " + LauncherException.reason(e) + ".", e);
    }

    private static Path temporary(String prefix) {
        try {
            return Files.createTempDirectory(prefix);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path lockFile(Path data) {
        return data.resolve("florin.lock");
    }

    static Path stateFile(Path data) {
        return data.resolve("florin.state");
    }

    static Path logs(Path data) {
        return data.resolve("logs");
    }

    static Path passwords(Path data) {
        return data.resolve("database.passwords");
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
