package florin.launcher;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** What runs on a data folder, written there so that another shell can ask and stop it. */
record RunningState(Entry launcher, Map<String, Entry> processes) {
    static final String LAUNCHER = "launcher";

    /**
     * A process; its start tells it from a later one with the same number.
     *
     * @param pid negative if it has not started yet
     * @param start as {@link OperatingSystem#start} knows it
     * @param health the URL that answers 200 when the process is ready; empty if it has none
     */
    record Entry(long pid, String start, int restarts, String url, String health) {
        static Entry of(long pid, int restarts, String url, String health) {
            return new Entry(pid, OperatingSystem.start(pid), restarts, url, health);
        }

        boolean hasStarted() {
            return pid > 0;
        }

        Optional<ProcessHandle> handle() {
            if (!hasStarted() || start.isEmpty() || !start.equals(OperatingSystem.start(pid))) {
                return Optional.empty();
            }
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
        }
    }

    void write(Path file) {
        Properties properties = new Properties();
        put(properties, LAUNCHER, launcher);
        processes.forEach((name, entry) -> put(properties, name, entry));
        properties.setProperty("names", String.join(" ", processes.keySet()));
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        try (Writer writer = Files.newBufferedWriter(draft)) {
            properties.store(writer, "What ./florin runs on this folder");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Optional<RunningState> read(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            Properties properties = new Properties();
            properties.load(reader);
            Map<String, Entry> processes = new LinkedHashMap<>();
            for (String name : List.of(properties.getProperty("names", "").split(" ", -1))) {
                if (!name.isEmpty()) {
                    processes.put(name, entry(properties, name));
                }
            }
            return Optional.of(new RunningState(entry(properties, LAUNCHER), processes));
        } catch (NoSuchFileException e) {
            return Optional.empty(); // It has just been stopped.
        } catch (IOException | IllegalArgumentException e) {
            throw new LauncherException(
                    "The file " + file
                            + ", which says what runs, cannot be read: delete it, and end yourself what still"
                            + " runs on this folder.",
                    e);
        }
    }

    private static void put(Properties properties, String name, Entry entry) {
        properties.setProperty(name + ".pid", Long.toString(entry.pid()));
        properties.setProperty(name + ".start", entry.start());
        properties.setProperty(name + ".restarts", Integer.toString(entry.restarts()));
        properties.setProperty(name + ".url", entry.url());
        properties.setProperty(name + ".health", entry.health());
    }

    private static Entry entry(Properties properties, String name) {
        return new Entry(
                Long.parseLong(properties.getProperty(name + ".pid", "-1")),
                properties.getProperty(name + ".start", ""),
                Integer.parseInt(properties.getProperty(name + ".restarts", "0")),
                properties.getProperty(name + ".url", ""),
                properties.getProperty(name + ".health", ""));
    }
}
