package florin.eventstore.storage;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores of all contexts, a folder each. A context comes into being when a client first writes or reads in it. */
public final class Contexts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Contexts.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_@.\\-]{0,63}");
    private static final int MAX_CONTEXTS = 64;

    private final Path folder;
    private final Path deleted;
    /** Of the files that a backup copies. */
    private final Path checkpoints;

    private final StorageResources resources;
    private final StorageConfiguration configuration;
    /** Changed under the lock only; read without it. */
    private final ConcurrentSkipListMap<String, EventStorage> stores = new ConcurrentSkipListMap<>();

    /**
     * What is being deleted or emptied; changed under the lock only. To close a store takes long, and is done without the lock. Who wants the
     * context meanwhile is refused and not kept waiting, on a thread that others need.
     */
    private final Set<String> closing = ConcurrentHashMap.newKeySet();

    /** Why contexts that are on the disk were not opened at the start; they stay as they are until the next one. */
    private final Map<String, Refusal> unopened = new ConcurrentSkipListMap<>();

    private final List<BiConsumer<String, EventStorage>> openListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> closeListeners = new CopyOnWriteArrayList<>();
    /** Held by the backup that runs. */
    private final ReentrantLock backups = new ReentrantLock();

    private volatile boolean closed;

    public Contexts(Path data, StorageConfiguration configuration) {
        this.configuration = configuration;
        folder = data.resolve("contexts");
        deleted = data.resolve("deleted");
        checkpoints = data.resolve("checkpoints");
        resources = new StorageResources(data.resolve("native"), configuration);
    }

    /**
     * Opens the default context, which is made if there is none, and what else is on disk. Of the others one that cannot be opened
     * is logged, and whoever calls it is told why; the node serves the rest.
     */
    public void open() {
        try {
            Folders.create(folder);
            Path first = folder.resolve(ContextHeader.DEFAULT_CONTEXT);
            if (!Files.exists(first)) {
                make(first);
            }
            // With its lock: what lies about may be another process's, which has these files in use. And before a store
            // is opened: that may need the room.
            EventDatabase.whileLocked(first, () -> {
                deleteOrLeave(deleted);
                Backup.deleteAll(checkpoints);
                return null;
            });
            get(ContextHeader.DEFAULT_CONTEXT);
            try (Stream<Path> folders = Files.list(folder)) {
                folders.filter(Files::isDirectory)
                        .map(path -> path.getFileName().toString())
                        .sorted()
                        .forEach(this::openIfPossible);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + folder + ": " + e, e);
        }
    }

    private void openIfPossible(String name) {
        if (!isName(name)) {
            LOG.warn("{} is not the name of a context; the folder is left alone", folder.resolve(name));
            return;
        }
        try {
            get(name);
        } catch (RuntimeException e) {
            LOG.error("Context {} is not served: {}", name, e.getMessage(), e);
            unopened.put(name, Refusal.readFailed("context " + name + " could not be opened: " + e.getMessage(), e));
        }
    }

    /** Whether a context may have the name; other folders beside theirs, such as a volume's {@code lost+found}, are none. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** Called with each context that is or will be opened, before anybody else sees it. */
    public void onOpen(BiConsumer<String, EventStorage> listener) {
        openListeners.add(listener);
    }

    /** Called with each context that was deleted or emptied, when nobody can reach its store any more. */
    public void onClose(Consumer<String> listener) {
        closeListeners.add(listener);
    }

    /** Makes a new, empty context; false if there is one of the name. */
    public synchronized boolean create(String name) {
        if (stores.containsKey(name)) {
            return false;
        }
        get(name);
        return true;
    }

    /** Deletes the context and all that it holds; false if there is none. Its readers are refused from now on. */
    public boolean delete(String name) {
        requireOpened(name);
        return deleteFiles(remove(name, false));
    }

    /** Empties the context: events, snapshots, schedules and persistent streams; false if there is none. */
    public boolean purge(String name) {
        requireOpened(name);
        return deleteFiles(remove(name, true));
    }

    /** Where the files of the context are now, null if there is none; if it is made anew, nobody comes in between. */
    private Path remove(String name, boolean isMadeAnew) {
        EventStorage store;
        synchronized (this) {
            store = stores.remove(name);
            if (store == null) {
                return null;
            }
            closing.add(name);
        }
        try {
            Path files = discard(name, store);
            if (isMadeAnew) {
                openAnew(name);
            }
            return files;
        } finally {
            synchronized (this) {
                closing.remove(name);
                notifyAll();
            }
        }
    }

    private Path discard(String name, EventStorage store) {
        store.close();
        closeListeners.forEach(listener -> listener.accept(name));
        Path files = deleted.resolve(UUID.randomUUID().toString());
        try {
            // The move is the deletion: a crash afterwards leaves only files that the next start removes.
            Folders.create(deleted);
            Folders.move(folder.resolve(name), files);
            return files;
        } catch (IOException e) {
            throw Refusal.writeFailed("the files of context " + name + " could not be deleted: " + e.getMessage(), e);
        }
    }

    /** Not under the lock: it may take long, and whoever wants to open another context would wait. */
    private static boolean deleteFiles(Path files) {
        if (files == null) {
            return false;
        }
        deleteOrLeave(files);
        return true;
    }

    /** What is left takes room and nothing else, and the next start comes back to it. */
    private static void deleteOrLeave(Path files) {
        try {
            Backup.deleteAll(files);
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("{} could not be deleted, the next start tries again: {}", files, e.toString());
        }
    }

    /** Opens the context, or makes it, if nobody has yet. */
    public EventStorage get(String name) {
        EventStorage store = stores.get(name);
        return store != null ? store : open(name);
    }

    /** Whether the context can be used at once, without waiting for its files to be opened. */
    public boolean isOpen(String name) {
        return stores.containsKey(name);
    }

    private EventStorage open(String name) {
        requireNotClosing(name); // Without the lock, for which others may keep one waiting.
        synchronized (this) {
            EventStorage present = stores.get(name);
            if (present != null) {
                return present;
            }
            requireNotClosing(name);
            if (!isName(name)) {
                throw Refusal.invalid("not a context name: " + name);
            }
            requireOpened(name);
            if (stores.size() + closing.size() + unopened.size() >= MAX_CONTEXTS) {
                throw Refusal.tooManyRequests(
                        ErrorCategory.VALIDATION_FAILED,
                        "there is no context " + name + ", and " + MAX_CONTEXTS + " is the most there may be");
            }
            return openAnew(name);
        }
    }

    private void requireNotClosing(String name) {
        if (closing.contains(name)) {
            throw Refusal.contextClosed("context " + name + " is being deleted or emptied; try again");
        }
    }

    private synchronized EventStorage openAnew(String name) {
        if (closed) {
            throw Refusal.shuttingDown();
        }
        Path store = folder.resolve(name);
        if (!Files.exists(store)) {
            make(store);
        }
        EventStorage opened = EventStorage.open(store, resources, configuration);
        try {
            openListeners.forEach(listener -> listener.accept(name, opened));
        } catch (RuntimeException | Error e) {
            opened.close();
            closeListeners.forEach(listener -> listener.accept(name));
            throw e;
        }
        stores.put(name, opened);
        return opened;
    }

    private void requireOpened(String name) {
        Refusal reason = unopened.get(name);
        if (reason != null) {
            throw reason;
        }
    }

    /** Makes an empty store elsewhere and moves it: a crash before leaves only files that the next start removes. */
    private void make(Path store) {
        Path unfinished = deleted.resolve(UUID.randomUUID().toString());
        try {
            try {
                EventStorage.open(unfinished, resources, configuration).close();
                Folders.move(unfinished, store);
                LOG.info("{} is a new, empty event store", store);
            } finally {
                Backup.deleteAll(unfinished);
            }
        } catch (IOException e) {
            throw Refusal.writeFailed("the event store " + store + " could not be made: " + e.getMessage(), e);
        }
    }

    /** The store of the context that the current call is about. */
    public EventStorage current() {
        return get(ContextHeader.current());
    }

    public Set<String> names() {
        return new TreeSet<>(stores.keySet());
    }

    public SortedMap<String, EventStorage> all() {
        return new TreeMap<>(stores);
    }

    /** Why a context cannot do all that it should now, by its name; those that can are not in it. */
    public SortedMap<String, String> hindrances() {
        SortedMap<String, String> hindrances = new TreeMap<>();
        unopened.forEach((name, reason) -> hindrances.put(name, reason.getMessage()));
        stores.forEach((name, store) -> {
            String hindrance = store.hindrance();
            if (hindrance != null) {
                hindrances.put(name, hindrance);
            }
        });
        return hindrances;
    }

    /**
     * Copies all contexts into the folder, one backup at a time; see {@link Backup}. Without one that could not be opened a backup
     * would take the place of an earlier one that has it, so it is refused. It does not keep the contexts from being closed; what it
     * has not begun to copy by then it does not copy, and fails.
     */
    public List<Backup.Entry> backUp(Path target) {
        unopened.keySet().forEach(this::requireOpened);
        if (target.toAbsolutePath()
                .normalize()
                .startsWith(folder.toAbsolutePath().normalize())) {
            throw Refusal.invalid("a backup belongs outside of the data folder");
        }
        backups.lock();
        try {
            if (closed) {
                throw Refusal.shuttingDown();
            }
            return new Backup(target).create(all(), checkpoints);
        } finally {
            backups.unlock();
            if (closed) {
                closeResources();
            }
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        synchronized (this) {
            closed = true;
            stores.values().forEach(EventStorage::close);
            stores.clear();
            while (!closing.isEmpty()) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        closeResources();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A backup that runs uses them, and closes them at its end: it may take long. */
    private void closeResources() {
        if (backups.tryLock()) {
            try {
                resources.close();
            } finally {
                backups.unlock();
            }
        }
    }
}
