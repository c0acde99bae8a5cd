package florin.eventstore.streams;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Pump;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StoredEvent;
import florin.eventstore.streams.StreamState.SegmentFilter;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.streams.OpenSegment;
import io.axoniq.axonserver.grpc.streams.PersistentStreamEvent;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;

/** Sends the events of one segment to the client that has it, from open to close, never more than it asked for. */
final class SegmentFeed extends Pump<StreamSignal> {
    private static final int STEP_EVENTS = 256;

    private final EventStorage storage;
    private final SegmentFilter filter;
    private final LongConsumer onPassed;
    private final Runnable wakeOnCommit = this::wake;
    private long permits;
    private boolean closed;
    private long next;
    private long lastSent = -1;
    private long confirmed;

    /** Calls {@code onPassed}, without a lock, with indexes up to which nothing is left for the client to confirm. */
    SegmentFeed(
            Outbound<StreamSignal> out,
            Executor executor,
            EventStorage storage,
            SegmentFilter filter,
            long position,
            LongConsumer onPassed) {
        super(out, executor);
        this.storage = storage;
        this.filter = filter;
        this.onPassed = onPassed;
        confirmed = position;
        next = position + 1;
    }

    void open() {
        out.send(signal().setOpen(OpenSegment.getDefaultInstance()).build());
        storage.onCommit(wakeOnCommit);
        wake();
    }

    synchronized void permit(int more) {
        permits += Math.max(0, more);
        wake();
    }

    /** No event is sent after this; the client still has to confirm what it works on. */
    synchronized void close() {
        if (!closed) {
            closed = true;
            stopped();
            out.send(signal().setClosed(true).build());
        }
    }

    /** The index of the last event that was sent, -1 if none was. */
    synchronized long lastSent() {
        return lastSent;
    }

    /**
     * The index up to which nothing is left for the client to confirm, now that it has confirmed all up to this one; -1
     * if it cannot have seen that, or has confirmed it before.
     */
    synchronized long confirm(long position) {
        if (position <= confirmed || position > lastSent) {
            return -1;
        }
        confirmed = position;
        return passed(position);
    }

    private long passed(long otherwise) {
        return confirmed >= lastSent ? next - 1 : otherwise;
    }

    @Override
    protected boolean step() {
        long from;
        synchronized (this) {
            if (closed || permits <= 0 || !out.isReady() || next > storage.lastIndex()) {
                return false;
            }
            from = next;
        }
        List<StoredEvent> events = storage.read(from, STEP_EVENTS, Outbound.batchBytes());
        for (StoredEvent stored : events) {
            // Without the lock: it may take long, and whoever confirms or permits would wait.
            EventWithToken event = filter.accepted(stored);
            synchronized (this) {
                if (closed || (event != null && permits <= 0)) {
                    return false;
                }
                if (event != null) {
                    send(event);
                }
                next = stored.index() + 1;
            }
        }
        long passed;
        synchronized (this) {
            passed = passed(-1);
        }
        if (passed >= 0) {
            onPassed.accept(passed);
        }
        return !events.isEmpty();
    }

    private void send(EventWithToken event) {
        permits--;
        lastSent = event.getToken();
        out.answer(signal().setEvent(
                        PersistentStreamEvent.newBuilder().setEvent(event).setReplay(filter.isReplay(event.getToken())))
                .build());
    }

    private StreamSignal.Builder signal() {
        return StreamSignal.newBuilder().setSegment(filter.segment());
    }

    @Override
    protected void stopped() {
        storage.removeListener(wakeOnCommit);
    }
}
