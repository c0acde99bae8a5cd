package florin.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code ./florin logs NAME}: prints a process's log. */
final class LogsCommand {
    private static final long POLL_MILLIS = 200;

    private LogsCommand() {}

    static int run(Settings settings, List<String> arguments) {
        boolean follow = arguments.remove("-f");
        Path folder = DataFolder.logs(settings.data());
        if (arguments.size() != 1) {
            throw new UsageException("Say which log: " + names(folder) + ".");
        }
        Path log = folder.resolve(arguments.get(0) + ".log").normalize();
        if (!log.startsWith(folder) || !Files.isRegularFile(log)) {
            throw new LauncherException(
                    "There is no log of " + arguments.get(0) + " in " + folder + ": there is " + names(folder) + ".");
        }
        try (SeekableByteChannel file = Files.newByteChannel(log)) {
            InputStream in = Channels.newInputStream(file);
            do {
                in.transferTo(System.out);
                System.out.flush();
                if (follow) {
                    Pause.millis(POLL_MILLIS);
                }
                if (file.size() < file.position()) {
                    file.position(0); // It had become too long, and was begun anew.
                }
            } while (follow && !System.out.checkError());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return 0;
    }

    private static String names(Path folder) {
        if (!Files.isDirectory(folder)) {
            return "none yet";
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".log"))
                    .map(name -> name.substring(0, name.length() - ".log".length()))
                    .sorted()
                    .collect(Collectors.joining(", "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
