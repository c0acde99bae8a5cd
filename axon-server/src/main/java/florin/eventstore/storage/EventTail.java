package florin.eventstore.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The last events of a context, parsed: readers that keep up all want the same few, at once, and need not each read and
 * parse them.
 *
 * <p>Bounded to {@value #SLOTS} events of {@value #MAX_EVENT_BYTES} bytes, 1 MiB in all, and what they take when parsed,
 * which is a few times that: it leaves out events with much metadata, because each entry costs far more than its bytes.
 *
 * <p>Thread-safe: the writer adds, any thread reads. It may hold events that are not readable yet, so a reader asks for
 * none beyond the last committed one.
 */
final class EventTail {
    static final int SLOTS = 512;
    static final int MAX_EVENT_BYTES = 2048;
    private static final int MAX_METADATA = 32;

    private final AtomicReferenceArray<StoredEvent> slots = new AtomicReferenceArray<>(SLOTS);

    void add(long firstIndex, List<NewEvent> events) {
        for (int i = Math.max(0, events.size() - SLOTS); i < events.size(); i++) {
            NewEvent event = events.get(i);
            long index = firstIndex + i;
            slots.set(slot(index), isSmall(event) ? event.storedAt(index) : null);
        }
    }

    private static boolean isSmall(NewEvent event) {
        return event.size() <= MAX_EVENT_BYTES && event.event().getMetaDataCount() <= MAX_METADATA;
    }

    /** The events of these indexes, fewer if they have more than so many bytes; null if one of them is not here. */
    List<StoredEvent> read(long from, long last, int bytes) {
        if (last - from >= SLOTS) {
            return null;
        }
        List<StoredEvent> found = new ArrayList<>();
        int size = 0;
        for (long index = from; index <= last && size < bytes; index++) {
            StoredEvent event = slots.get(slot(index));
            if (event == null || event.index() != index) {
                return null;
            }
            found.add(event);
            size += event.size();
        }
        return found;
    }

    void clear() {
        for (int slot = 0; slot < SLOTS; slot++) {
            slots.set(slot, null);
        }
    }

    private static int slot(long index) {
        return Math.floorMod(index, SLOTS);
    }
}
