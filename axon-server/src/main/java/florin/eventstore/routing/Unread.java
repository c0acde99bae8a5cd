package florin.eventstore.routing;

import com.google.protobuf.MessageLite;
import java.util.ArrayDeque;
import java.util.Deque;

/** What waits until the one who asked for it reads, first come first; as far as there is {@link Room} for it. */
final class Unread<M extends MessageLite> {
    private final Deque<M> messages = new ArrayDeque<>();
    private final Room room = new Room();

    int size() {
        return messages.size();
    }

    boolean isEmpty() {
        return messages.isEmpty();
    }

    boolean hasRoomFor(M message) {
        return room.isFor(message.getSerializedSize());
    }

    void add(M message) {
        messages.add(message);
        room.add(message.getSerializedSize());
    }

    /** Removes the next one; only if there is one. */
    M remove() {
        M next = messages.remove();
        room.remove(next.getSerializedSize());
        return next;
    }

    void clear() {
        while (!isEmpty()) {
            remove();
        }
    }
}
