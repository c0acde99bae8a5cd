package florin.eventstore.platform;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Which streams belong to which client, so that one that stopped answering loses all of them at once. */
public final class Clients {
    private record Key(String context, String clientId) {}

    private record Stream(long number, Runnable close) {}

    private final Map<Key, Set<Stream>> streams = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    /** Remembers what to do when the client is dropped; run the result to forget it. */
    public Runnable onDrop(String context, String clientId, Runnable close) {
        Key key = new Key(context, clientId);
        Stream stream = new Stream(nextNumber(), close);
        streams.compute(key, (k, present) -> {
            Set<Stream> all = present == null ? ConcurrentHashMap.newKeySet() : present;
            all.add(stream);
            return all;
        });
        return () -> streams.computeIfPresent(key, (k, all) -> {
            all.remove(stream);
            return all.isEmpty() ? null : all;
        });
    }

    /** Greater than that of every stream that there is. */
    long nextNumber() {
        return numbers.incrementAndGet();
    }

    /** Closes the client's streams that began before {@code number}. */
    void drop(String context, String clientId, long number) {
        for (Stream stream : streams.getOrDefault(new Key(context, clientId), Set.of())) {
            if (stream.number() < number) {
                stream.close().run();
            }
        }
    }
}
