package florin.chaos;

import java.util.ArrayList;
import java.util.List;

/** Every event of the store, in its order. */
final class EventLog {
    /**
     * One event.
     *
     * @param token its place in the store
     * @param stream the account or the transfer that it belongs to
     * @param sequence its place there
     */
    record Recorded(long token, String id, String stream, long sequence, Object event) {}

    private final List<Recorded> events = new ArrayList<>();

    void add(Recorded event) {
        events.add(event);
    }

    List<Recorded> events() {
        return events;
    }

    /** The token of the last event; -1 if there is none. */
    long head() {
        return events.isEmpty() ? -1 : events.get(events.size() - 1).token();
    }
}
