package florin.eventstore.routing;

import com.google.protobuf.MessageLite;
import java.util.ArrayDeque;
import java.util.Deque;

/** What waits until the one who asked for it reads, first come first; bounded as a {@link WaitingLine} is. */
final class Unread<M extends MessageLite> {
    private final Deque<M> messages = new ArrayDeque<>();
    private long bytes;

    int size() {
        return messages.size();
    }

    boolean isEmpty() {
        return messages.isEmpty();
    }

    /** False, and nothing is added, if there is no room for it. */
    boolean add(M message) {
        int more = message.getSerializedSize();
        if (!WaitingLine.hasRoom(messages.size(), bytes, more)) {
            return false;
        }
        messages.add(message);
        bytes += more;
        return true;
    }

    /** Removes the next one; only if there is one. */
    M remove() {
        M next = messages.remove();
        bytes -= next.getSerializedSize();
        return next;
    }

    void clear() {
        messages.clear();
        bytes = 0;
    }
}
