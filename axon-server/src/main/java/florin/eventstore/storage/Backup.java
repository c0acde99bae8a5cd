package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rocksdb.BackupEngine;
import org.rocksdb.BackupEngineOptions;
import org.rocksdb.Env;
import org.rocksdb.RestoreOptions;
import org.rocksdb.RocksDBException;

/**
 * A copy of all contexts in a folder, made while they are written.
 *
 * <p>Format: {@code contexts/<context>/} is a backup directory of RocksDB's, which shares unchanged table files among its
 * backups; {@code contents} names the backup of each context that belongs to the last run that was completed. A run removes
 * nothing of that, so one that is interrupted, or several, take nothing away.
 */
public final class Backup {
    private static final String HEADER = "florin backup 1";
    /** RocksDB's backups have higher numbers. */
    private static final int NONE = 0;

    private final Path folder;

    /**
     * @param folder where the copy is, or will be
     */
    public Backup(Path folder) {
        this.folder = folder;
    }

    /**
     * What a run copied.
     *
     * @param backup RocksDB's number of it
     * @param events that were certainly there when it began
     */
    public record Entry(String context, int backup, long events) {}

    /**
     * Copies what has changed since the last run into the folder; each context as it was at one moment.
     *
     * @param checkpoints a folder on the stores' volume for links to the files that are copied
     */
    public List<Entry> create(Map<String, EventStorage> stores, Path checkpoints) {
        try {
            Map<String, Integer> before = prepare();
            List<Entry> entries = new ArrayList<>();
            for (Map.Entry<String, EventStorage> store : new TreeMap<>(stores).entrySet()) {
                long events = store.getValue().lastIndex() + 1;
                Path target = Folders.create(folderOf(store.getKey()));
                int backup = store.getValue()
                        .backup(target, before.getOrDefault(store.getKey(), NONE), checkpoints.resolve(store.getKey()));
                entries.add(new Entry(store.getKey(), backup, events));
            }
            writeContents(entries);
            return entries;
        } catch (IOException e) {
            throw Refusal.writeFailed("cannot back up into " + folder + ": " + e, e);
        }
    }

    /** The backups of the last run that was completed, by context; those of contexts that are gone since then are removed. */
    private Map<String, Integer> prepare() throws IOException {
        Folders.create(folder);
        if (Files.exists(contents())) {
            Map<String, Integer> last =
                    readContents().stream().collect(Collectors.toMap(Entry::context, Entry::backup));
            for (Path context : contextsIn(folder)) {
                if (!last.containsKey(context.getFileName().toString())) {
                    deleteAll(context);
                }
            }
            return last;
        }
        try (Stream<Path> files = Files.list(folder)) {
            if (files.findAny().isPresent()) {
                throw Refusal.invalid(folder + " is neither empty nor a backup");
            }
        }
        writeContents(List.of());
        return Map.of();
    }

    private static List<Path> contextsIn(Path folder) throws IOException {
        Path contexts = folder.resolve("contexts");
        if (!Files.exists(contexts)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(contexts)) {
            return files.toList();
        }
    }

    /** Copies the last complete run into a data folder without contexts, and verifies the copy before it counts. */
    public Map<String, Verification.Report> restore(
            Path data, StorageResources resources, Verification.StreamCheck streamCheck) {
        try {
            Path contexts = data.resolve("contexts");
            if (!isEmpty(contexts)) {
                throw Refusal.invalid(contexts + " is not empty; restore into an empty data folder");
            }
            List<Entry> entries = readContents();
            if (entries.isEmpty()) {
                throw Refusal.invalid("no backup was completed in " + folder);
            }
            Path restoring = data.resolve("restoring");
            deleteAll(restoring);
            Map<String, Verification.Report> reports = new TreeMap<>();
            for (Entry entry : entries) {
                Path target = Folders.create(restoring.resolve(entry.context()));
                restore(entry, target);
                // A backup has none; how much there must be is compared below.
                Head.start(target, 0).close();
                Verification.Report report = Verification.of(target, resources, streamCheck);
                if (report.events() < entry.events()) {
                    throw Refusal.readFailed(
                            "the backup of " + entry.context() + " holds " + report.events() + " events instead of "
                                    + entry.events() + " or more",
                            null);
                }
                reports.put(entry.context(), report);
            }
            Files.deleteIfExists(contexts);
            Folders.move(restoring, contexts);
            return reports;
        } catch (IOException e) {
            throw Refusal.writeFailed("cannot restore " + folder + " into " + data + ": " + e, e);
        }
    }

    private void restore(Entry entry, Path target) {
        Path source = folderOf(entry.context());
        try (BackupEngineOptions options = new BackupEngineOptions(source.toString());
                BackupEngine engine = BackupEngine.open(Env.getDefault(), options);
                RestoreOptions restoring = new RestoreOptions(false)) {
            engine.restoreDbFromBackup(entry.backup(), target.toString(), target.toString(), restoring);
        } catch (RocksDBException e) {
            throw Refusal.readFailed("the backup in " + source + " cannot be restored: " + e.getMessage(), e);
        }
    }

    private Path folderOf(String context) {
        return folder.resolve("contexts").resolve(context);
    }

    private Path contents() {
        return folder.resolve("contents");
    }

    private void writeContents(List<Entry> entries) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(HEADER);
        entries.forEach(entry -> lines.add(entry.context() + ' ' + entry.backup() + ' ' + entry.events()));
        Path temporary = folder.resolve("contents.new");
        Files.write(temporary, lines, StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Folders.move(temporary, contents());
    }

    private List<Entry> readContents() throws IOException {
        if (!Files.exists(contents())) {
            throw Refusal.invalid("there is no backup in " + folder);
        }
        List<String> lines = Files.readAllLines(contents(), StandardCharsets.UTF_8);
        try {
            if (!lines.get(0).equals(HEADER)) {
                throw new IllegalArgumentException(lines.get(0));
            }
            List<Entry> entries = new ArrayList<>();
            for (String line : lines.subList(1, lines.size())) {
                String[] words = line.split(" ", -1);
                entries.add(new Entry(words[0], Integer.parseInt(words[1]), Long.parseLong(words[2])));
            }
            return entries;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw Refusal.readFailed(contents() + " is damaged", e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    static void deleteAll(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file :
                        files.sorted((left, right) -> right.compareTo(left)).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
