package florin.eventstore.rpc;

import florin.eventstore.platform.Clients;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Pump;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StoredEvent;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.PayloadDescription;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** One reader of all events from a token on: first what is stored, then what comes, never more than it permits. */
final class EventStream extends Pump<StoredEvent> implements StreamObserver<GetEventsRequest> {
    private static final int STEP_EVENTS = 1024;
    private static final int MAX_EXCLUDED_TYPES = 10_000;
    private static final int MAX_EXCLUDED_BYTES = 4 << 20;
    /** What an excluded type takes in memory besides its bytes, roughly. */
    private static final int EXCLUDED_OVERHEAD_BYTES = 256;

    /** Of what all readers exclude: an eighth of the heap. */
    private static final long MAX_ALL_EXCLUDED_BYTES = Runtime.getRuntime().maxMemory() / 8;

    /** An excluded event is sent anyway after so many in a row, so that the reader's token keeps up. */
    private static final int MAX_SKIPPED = 1000;

    private final EventStorage storage;
    private final Runnable wakeOnCommit = this::wake;
    private volatile Runnable unregister = () -> {};
    private final AtomicLong permits = new AtomicLong();
    private final Set<PayloadDescription> excluded = ConcurrentHashMap.newKeySet();
    /** Of all readers. */
    private final AtomicLong allExcludedBytes;

    private long excludedBytes;
    /** What this reader has of those of all. */
    private long countedBytes;

    private volatile boolean started;
    private volatile long next;
    private int skipped;

    /**
     * @param excludedBytes what the types take that all readers exclude, this one among them
     */
    EventStream(
            EventStorage storage,
            Clients clients,
            Executor executor,
            AtomicLong excludedBytes,
            StreamObserver<StoredEvent> observer) {
        this(storage, clients, executor, excludedBytes, observer, new Runnable[1]);
    }

    private EventStream(
            EventStorage storage,
            Clients clients,
            Executor executor,
            AtomicLong excludedBytes,
            StreamObserver<StoredEvent> observer,
            Runnable[] onCancel) {
        super(Outbound.of(observer, StoredEvent::size, () -> onCancel[0].run()), executor);
        this.storage = storage;
        allExcludedBytes = excludedBytes;
        unregister = clients.onDrop(out, this::stopped);
        onCancel[0] = this::stopped;
        out.onReady(this::wake);
    }

    @Override
    public void onNext(GetEventsRequest request) {
        if (!started) {
            next = Math.max(0, request.getTrackingToken());
            requireReached();
            started = true;
            storage.onCommit(wakeOnCommit);
        }
        exclude(request.getBlacklistList());
        permits.updateAndGet(current -> saturatedSum(current, Math.max(0, request.getNumberOfPermits())));
        wake();
    }

    private void exclude(List<PayloadDescription> types) {
        synchronized (excluded) {
            for (PayloadDescription type : types) {
                excludedBytes += excluded.add(type) ? type.getSerializedSize() : 0;
            }
            if (excluded.size() > MAX_EXCLUDED_TYPES || excludedBytes > MAX_EXCLUDED_BYTES) {
                throw Refusal.invalid("a reader excludes " + MAX_EXCLUDED_TYPES + " types and " + MAX_EXCLUDED_BYTES
                        + " bytes of them at most");
            }
            if (countExcluded(excludedBytes + (long) excluded.size() * EXCLUDED_OVERHEAD_BYTES)
                    > MAX_ALL_EXCLUDED_BYTES) {
                throw Refusal.tooManyRequests(
                        ErrorCategory.OTHER,
                        "types that readers exclude hold " + MAX_ALL_EXCLUDED_BYTES
                                + " bytes already; try again later");
            }
        }
    }

    /** Counts so much for this reader; gives how much is counted for all. */
    private long countExcluded(long bytes) {
        long all = allExcludedBytes.addAndGet(bytes - countedBytes);
        countedBytes = bytes;
        return all;
    }

    /**
     * A reader that is up to date asks for the event to come. One that asks for a later one has read what this store does not
     * have: it would miss all that is stored under the tokens in between.
     */
    private void requireReached() {
        long last = storage.lastIndex();
        if (next > last + 1) {
            throw Refusal.tokenAhead("the reader has token " + (next - 1) + ", and the last event has token " + last
                    + ": it has read another store, or this one before it was restored or emptied;"
                    + " reset the event processor's token");
        }
    }

    private static long saturatedSum(long left, long right) {
        return left > Long.MAX_VALUE - right ? Long.MAX_VALUE : left + right;
    }

    @Override
    public void onError(Throwable reason) {
        stopped();
    }

    @Override
    public void onCompleted() {
        stopped();
        out.complete();
    }

    @Override
    protected void stopped() {
        storage.removeListener(wakeOnCommit);
        unregister.run();
        synchronized (excluded) {
            excluded.clear();
            excludedBytes = 0;
            countExcluded(0);
        }
    }

    @Override
    protected boolean step() {
        long allowed = permits.get();
        if (!started || allowed <= 0 || !out.isReady() || next > storage.lastIndex()) {
            return false;
        }
        List<StoredEvent> events = storage.read(
                next, excluded.isEmpty() ? (int) Math.min(allowed, STEP_EVENTS) : STEP_EVENTS, Outbound.batchBytes());
        for (StoredEvent event : events) {
            if (isExcluded(event) && ++skipped < MAX_SKIPPED) {
                next = event.index() + 1;
                continue;
            }
            if (permits.get() <= 0) {
                return false;
            }
            permits.decrementAndGet();
            skipped = 0;
            next = event.index() + 1;
            out.answer(event);
        }
        return !events.isEmpty();
    }

    private boolean isExcluded(StoredEvent event) {
        if (excluded.isEmpty()) {
            return false;
        }
        SerializedObject payload = event.event().getPayload();
        return excluded.contains(PayloadDescription.newBuilder()
                .setType(payload.getType())
                .setRevision(payload.getRevision())
                .build());
    }
}
