package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only thread that writes: takes whatever transactions wait, writes them as one synced batch (group commit), and
 * acknowledges them afterwards; those that come meanwhile are the next batch, and it waits for no more of them. Because it is
 * alone, indexes have no gaps and sequence checks need no locks. After a write that failed, and while the disk is full, it refuses
 * everything until that is over.
 */
final class EventWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
    private static final int MAX_QUEUED = 8192;
    static final long MAX_QUEUED_BYTES = 64L << 20;
    private static final int MAX_GROUP = 1024;
    private static final long MAX_GROUP_BYTES = 8L << 20;
    /** Of an aggregate that is remembered; one with a longer identifier is looked up each time. */
    private static final int MAX_REMEMBERED_LENGTH = 128;

    private static final long SYNC_NANOS = 1_000_000_000;
    private static final long TELL_NANOS = 2_000_000;
    private static final long RETRY_NANOS = 1_000_000_000;
    private static final long IDLE_NANOS = 10_000_000_000L;
    private static final int EXIT_CODE = 70;
    private static final PendingWrite END = PendingWrite.ofEvents(List.of());

    private final EventStorage storage;
    private final StorageResources resources;
    private final SyncMode sync;
    private final DiskReserve reserve;
    private final BlockingQueue<PendingWrite> queue = new ArrayBlockingQueue<>(MAX_QUEUED + 1);
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Map<String, Long> lastSequences = new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > resources.rememberedAggregates();
        }
    };
    private final Thread thread;
    private final Batch batch = new Batch();
    private boolean closed;
    private long highestTimestamp;
    /** Why the last write failed; nothing more is written until the store has been opened again. */
    private Throwable failure;

    private long retryAt;
    /** Why nothing can be written now, for those who ask for the node's health; null if it can. */
    private volatile String hindrance;

    /** Committed events of which readers were not told yet. */
    private boolean untold;

    private long toldAt = System.nanoTime() - TELL_NANOS;
    private boolean unsynced;
    private long syncedAt = System.nanoTime();
    private long wroteAt = System.nanoTime();
    /** Something may be in the write buffers that has not been written out since nobody writes. */
    private boolean unflushed = true;

    EventWriter(EventStorage storage, StorageResources resources, SyncMode sync, DiskReserve reserve) {
        this.storage = storage;
        this.resources = resources;
        this.sync = sync;
        this.reserve = reserve;
        thread = new Thread(this::run, "event-writer");
    }

    void start() {
        highestTimestamp = storage.highestTimestampUpTo(storage.lastIndex());
        obstacle();
        resources.addWriter();
        thread.start();
    }

    CompletionStage<Long> submit(PendingWrite write) {
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(EventStorage.closedRefusal());
            }
            long queued = queuedBytes.get();
            if (queue.size() >= MAX_QUEUED
                    || (queued > 0 && queued + write.bytes > MAX_QUEUED_BYTES)
                    || !resources.addQueued(write.bytes)) {
                return CompletableFuture.failedFuture(Refusal.tooManyRequests(
                        ErrorCategory.DATAFILE_WRITE_ERROR,
                        "too many appends wait to be written (" + queue.size() + "); try again later"));
            }
            queuedBytes.addAndGet(write.bytes);
            queue.add(write);
        }
        return write.done;
    }

    int waiting() {
        return queue.size();
    }

    /** Why writes are refused now, null if they are not; looked at each second, also while nobody writes. */
    String hindrance() {
        return hindrance;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            queue.add(END);
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        resources.removeWriter();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nothing would be answered any more without this thread, and nobody would know: the node ends with it, as if it was killed. */
    private void run() {
        boolean done = false;
        try {
            writeUntilEnd();
            done = true;
        } catch (InterruptedException | RuntimeException | Error e) {
            LOG.error("The thread that writes {} has failed; the node ends", storage.folder(), e);
        } finally {
            if (!done) {
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }
    }

    private void writeUntilEnd() throws InterruptedException {
        List<PendingWrite> group = new ArrayList<>();
        try (WriteOptions synced = new WriteOptions().setSync(true);
                WriteOptions later = new WriteOptions()) {
            PendingWrite next = take();
            while (next != END) {
                group.clear();
                long bytes = 0;
                do {
                    group.add(next);
                    bytes += next.bytes;
                    next = group.size() < MAX_GROUP && bytes < MAX_GROUP_BYTES ? queue.poll() : null;
                } while (next != null && next != END);
                try {
                    Refusal obstacle = obstacle();
                    if (obstacle == null) {
                        write(group, mayWait(group) ? later : synced);
                    } else {
                        group.forEach(write -> write.done.completeExceptionally(obstacle));
                    }
                } catch (RocksDBException | RuntimeException | Error e) {
                    // Whatever it was, this thread goes on: without it nothing would be answered any more.
                    fail(e);
                    Refusal refusal = Refusal.writeFailed("the transaction could not be written: " + e.getMessage(), e);
                    group.forEach(write -> write.done.completeExceptionally(refusal));
                    LOG.error("A group of {} transactions could not be written", group.size(), e);
                }
                queuedBytes.addAndGet(-bytes);
                resources.removeQueued(bytes);
                if (System.nanoTime() - syncedAt >= SYNC_NANOS) {
                    syncInterval();
                }
                tell();
                if (next == null) {
                    next = take();
                }
            }
            syncInterval();
        }
    }

    /**
     * Tells readers if there is more: at once after a pause, else after {@value #TELL_NANOS} ns, of all that came meanwhile.
     * To tell each of them of each group costs more than to write it.
     *
     * @return how long until there is something to do here, in nanoseconds
     */
    private long tell() {
        if (!untold) {
            return SYNC_NANOS;
        }
        long now = System.nanoTime();
        long wait = toldAt + TELL_NANOS - now;
        if (wait > 0) {
            return wait;
        }
        toldAt = now;
        untold = false;
        storage.tellListeners();
        return SYNC_NANOS;
    }

    private boolean mayWait(List<PendingWrite> group) {
        return sync == SyncMode.INTERVAL || group.stream().allMatch(write -> write.lazy);
    }

    /** The next write; what each second brings is done while waiting for it, or before it. */
    private PendingWrite take() throws InterruptedException {
        while (true) {
            long wait = syncedAt + SYNC_NANOS - System.nanoTime();
            if (wait <= 0) {
                syncInterval();
                wait = SYNC_NANOS;
            }
            PendingWrite next = queue.poll(Math.min(wait, tell()), TimeUnit.NANOSECONDS);
            if (next != null) {
                return next;
            }
        }
    }

    /** Brings to the disk what no commit has brought there, at least each second. */
    private void syncInterval() {
        syncedAt = System.nanoTime();
        forgetSurplus();
        obstacle();
        if (failure != null) {
            return;
        }
        try {
            storage.head().force();
            if (unsynced) {
                RocksDB rocks = storage.database().rocks;
                rocks.syncWal();
                unsynced = false;
                storage.head().advance(rocks.getLatestSequenceNumber());
            }
            if (unflushed && hindrance == null && syncedAt - wroteAt >= IDLE_NANOS) {
                unflushed = false;
                storage.database().flush();
            }
        } catch (RocksDBException | IOException | RuntimeException | Error e) {
            fail(e);
            LOG.error("The log could not be synced; acknowledged transactions may be lost with the power", e);
        }
    }

    /** More contexts may be open than when these aggregates were written to. */
    private void forgetSurplus() {
        Iterator<Long> eldest = lastSequences.values().iterator();
        for (int surplus = lastSequences.size() - resources.rememberedAggregates(); surplus > 0; surplus--) {
            eldest.next();
            eldest.remove();
        }
    }

    private void fail(Throwable reason) {
        failure = reason;
        retryAt = System.nanoTime() + RETRY_NANOS;
        lastSequences.clear();
    }

    /** Why nothing can be written now, null if it can; opens the store again after a failure when that is possible. */
    private Refusal obstacle() {
        Refusal obstacle = findObstacle();
        String before = hindrance;
        hindrance = obstacle == null ? null : obstacle.getMessage();
        if (before == null && obstacle != null) {
            LOG.warn("Appends to {} are refused: {}", storage.folder(), hindrance);
        } else if (before != null && obstacle == null) {
            LOG.info("Appends to {} are accepted again", storage.folder());
        }
        return obstacle;
    }

    private Refusal findObstacle() {
        String full = reserve.obstacle();
        if (full != null) {
            return Refusal.noRoom(full);
        }
        if (failure != null && System.nanoTime() >= retryAt) {
            try {
                reserve.probe();
                storage.reopen();
                highestTimestamp = storage.highestTimestampUpTo(storage.lastIndex());
                failure = null;
                unsynced = false;
            } catch (RocksDBException | IOException | RuntimeException | Error e) {
                fail(e);
            }
        }
        return failure == null
                ? null
                : Refusal.writeFailed("the store cannot be written: " + failure.getMessage(), failure);
    }

    private void write(List<PendingWrite> group, WriteOptions options) throws RocksDBException {
        EventDatabase database = storage.database();
        List<PendingWrite> accepted = new ArrayList<>(group.size());
        List<Long> results = new ArrayList<>(group.size());
        List<NewEvent> written = new ArrayList<>();
        Map<PendingWrite, Refusal> refused = new HashMap<>();
        Map<String, Long> sequences = new HashMap<>();
        Map<String, Boolean> scheduleStates = new HashMap<>();
        long firstIndex = storage.lastIndex() + 1;
        long index = firstIndex;
        long timestamp = highestTimestamp;
        batch.clear();
        int events = database.events.getID();
        int aggregates = database.aggregates.getID();
        for (PendingWrite write : group) {
            Map<String, Long> own = new HashMap<>();
            try {
                if (write.scheduleMustExist && !exists(write.scheduleToRemove, scheduleStates)) {
                    accepted.add(write);
                    results.add(-1L);
                    continue;
                }
                check(write.events, sequences, own);
            } catch (Refusal e) {
                refused.put(write, e);
                continue;
            }
            sequences.putAll(own);
            for (NewEvent added : write.events) {
                Event event = added.event();
                timestamp = Math.max(timestamp, event.getTimestamp());
                byte[] key = Keys.ofIndex(index);
                batch.put(events, key, added.valueWith(timestamp));
                if (!event.getAggregateIdentifier().isEmpty()) {
                    batch.put(aggregates, aggregateKey(event), key);
                }
                index++;
            }
            written.addAll(write.events);
            stageOthers(write, database, scheduleStates);
            accepted.add(write);
            results.add(index - 1);
        }
        if (!batch.isEmpty()) {
            batch.writeTo(database.rocks, options);
            wroteAt = System.nanoTime();
            unflushed = true;
            committed(database, options.sync());
        }
        highestTimestamp = timestamp;
        sequences.forEach((identifier, last) -> {
            if (identifier.length() <= MAX_REMEMBERED_LENGTH) {
                lastSequences.put(identifier, last);
            }
        });
        if (!written.isEmpty()) {
            storage.committed(firstIndex, written);
            untold = true;
        }
        for (int i = 0; i < accepted.size(); i++) {
            accepted.get(i).done.complete(results.get(i));
        }
        refused.forEach((write, reason) -> write.done.completeExceptionally(reason));
    }

    private void committed(EventDatabase database, boolean synced) {
        if (!synced) {
            unsynced = true;
            return;
        }
        try {
            storage.head().advance(database.rocks.getLatestSequenceNumber());
        } catch (IOException e) {
            LOG.warn("The head could not be written: a lost end of the log would not be noticed", e);
        }
    }

    private void stageOthers(PendingWrite write, EventDatabase database, Map<String, Boolean> scheduleStates) {
        if (write.snapshot != null) {
            batch.put(database.snapshots.getID(), aggregateKey(write.snapshot), write.snapshot.toByteArray());
        }
        PendingWrite.Entry entry = write.entry;
        if (entry != null && (entry.readFrom == null || entry.readFrom == database)) {
            int family = entry.family.apply(database).getID();
            if (entry.value == null) {
                batch.delete(family, entry.key);
            } else {
                batch.put(family, entry.key, entry.value);
            }
        }
        if (write.scheduleToRemove != null) {
            batch.delete(database.schedules.getID(), write.scheduleToRemove.getBytes(StandardCharsets.UTF_8));
            scheduleStates.put(write.scheduleToRemove, false);
        }
        if (write.scheduleToAdd != null) {
            Schedule schedule = write.scheduleToAdd;
            byte[] value = NewEvent.of(schedule.event()).valueWith(schedule.instant());
            batch.put(database.schedules.getID(), schedule.token().getBytes(StandardCharsets.UTF_8), value);
            scheduleStates.put(schedule.token(), true);
        }
    }

    private static byte[] aggregateKey(Event event) {
        return Keys.ofAggregate(event.getAggregateIdentifier(), event.getAggregateSequenceNumber());
    }

    private boolean exists(String token, Map<String, Boolean> scheduleStates) {
        Boolean staged = scheduleStates.get(token);
        return staged != null ? staged : storage.schedule(token).isPresent();
    }

    private void check(List<NewEvent> transaction, Map<String, Long> group, Map<String, Long> own) {
        for (NewEvent added : transaction) {
            Event event = added.event();
            String identifier = event.getAggregateIdentifier();
            if (identifier.isEmpty()) {
                continue;
            }
            long sequence = event.getAggregateSequenceNumber();
            Long last = own.get(identifier);
            if (last == null) {
                last = group.get(identifier);
            }
            if (last == null) {
                last = lastSequence(identifier, sequence);
            }
            if (sequence != last + 1) {
                throw Refusal.invalidSequence("invalid sequence number " + sequence + " for aggregate " + identifier
                        + ", expected " + (last + 1));
            }
            own.put(identifier, sequence);
        }
    }

    /** A first event is checked by one key that the Bloom filter answers, so new aggregates stay cheap in a big store. */
    private long lastSequence(String identifier, long wanted) {
        Long remembered = lastSequences.get(identifier);
        if (remembered != null) {
            return remembered;
        }
        return wanted == 0 && !storage.hasFirstEvent(identifier) ? -1 : storage.highestSequence(identifier);
    }
}
