package florin.eventstore.storage;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The stores of all contexts, a folder each. A context comes into being when a client first writes or reads in it. */
public final class Contexts implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_@.\\-]{0,63}");
    private static final int MAX_CONTEXTS = 64;

    private final Path folder;
    private final StorageResources resources;
    private final TreeMap<String, EventStorage> stores = new TreeMap<>();
    private final List<BiConsumer<String, EventStorage>> openListeners = new CopyOnWriteArrayList<>();
    private boolean closed;

    public Contexts(Path data) {
        folder = data.resolve("contexts");
        resources = new StorageResources(data.resolve("native"));
    }

    /** Opens what is on disk, and the default context if there is nothing. */
    public void open() {
        try {
            Files.createDirectories(folder);
            try (Stream<Path> folders = Files.list(folder)) {
                folders.filter(Files::isDirectory)
                        .map(path -> path.getFileName().toString())
                        .sorted()
                        .forEach(this::get);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
        get(ContextHeader.DEFAULT_CONTEXT);
    }

    /** Called with each context that is or will be opened, before anybody else sees it. */
    public void onOpen(BiConsumer<String, EventStorage> listener) {
        openListeners.add(listener);
    }

    public synchronized EventStorage get(String name) {
        EventStorage store = stores.get(name);
        if (store != null) {
            return store;
        }
        if (closed) {
            throw Refusal.shuttingDown();
        }
        if (!NAME.matcher(name).matches()) {
            throw Refusal.unknownContext("not a context name: " + name);
        }
        if (stores.size() >= MAX_CONTEXTS) {
            throw Refusal.unknownContext(
                    "unknown context " + name + ", and " + MAX_CONTEXTS + " is the most there may be");
        }
        EventStorage opened = EventStorage.open(folder.resolve(name), resources);
        openListeners.forEach(listener -> listener.accept(name, opened));
        stores.put(name, opened);
        return opened;
    }

    /** The store of the context that the current call is about. */
    public EventStorage current() {
        return get(ContextHeader.current());
    }

    public synchronized Set<String> names() {
        return new TreeSet<>(stores.keySet());
    }

    @Override
    public synchronized void close() {
        closed = true;
        stores.values().forEach(EventStorage::close);
        stores.clear();
        resources.close();
    }
}
