package florin.eventstore.platform;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which streams belong to which client, so that one that stopped answering loses all of them at once. */
public final class Clients {
    private record Key(String context, String clientId) {}

    private final Map<Key, Set<Runnable>> streams = new ConcurrentHashMap<>();

    /** Remembers what to do when the client is dropped; run the result to forget it. */
    public Runnable onDrop(String context, String clientId, Runnable close) {
        Key key = new Key(context, clientId);
        Runnable entry = () -> close.run();
        streams.compute(key, (k, present) -> {
            Set<Runnable> entries = present == null ? ConcurrentHashMap.newKeySet() : present;
            entries.add(entry);
            return entries;
        });
        return () -> streams.computeIfPresent(key, (k, entries) -> {
            entries.remove(entry);
            return entries.isEmpty() ? null : entries;
        });
    }

    void drop(String context, String clientId) {
        Set<Runnable> entries = streams.remove(new Key(context, clientId));
        if (entries != null) {
            entries.forEach(Runnable::run);
        }
    }
}
