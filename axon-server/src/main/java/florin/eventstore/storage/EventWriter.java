package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.event.Event;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only thread that writes: takes whatever transactions wait, writes them as one synced batch (group commit), and
 * acknowledges them afterwards. Because it is alone, indexes have no gaps and sequence checks need no locks.
 */
final class EventWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
    private static final int MAX_QUEUED = 8192;
    private static final long MAX_QUEUED_BYTES = 64L << 20;
    private static final int MAX_GROUP = 1024;
    private static final long MAX_GROUP_BYTES = 8L << 20;
    private static final int REMEMBERED_AGGREGATES = 65_536;
    private static final PendingWrite END = PendingWrite.ofEvents(List.of());

    private final EventStorage storage;
    private final RocksDB database;
    private final ColumnFamilyHandle events;
    private final ColumnFamilyHandle aggregates;
    private final ColumnFamilyHandle snapshots;
    private final ColumnFamilyHandle schedules;
    private final BlockingQueue<PendingWrite> queue = new ArrayBlockingQueue<>(MAX_QUEUED + 1);
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Map<String, Long> lastSequences = new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > REMEMBERED_AGGREGATES;
        }
    };
    private final Thread thread;
    private boolean closed;
    private long highestTimestamp;

    EventWriter(
            EventStorage storage,
            RocksDB database,
            ColumnFamilyHandle events,
            ColumnFamilyHandle aggregates,
            ColumnFamilyHandle snapshots,
            ColumnFamilyHandle schedules) {
        this.storage = storage;
        this.database = database;
        this.events = events;
        this.aggregates = aggregates;
        this.snapshots = snapshots;
        this.schedules = schedules;
        thread = new Thread(this::run, "event-writer");
    }

    void start() {
        highestTimestamp = storage.highestTimestampUpTo(storage.lastIndex());
        thread.start();
    }

    CompletionStage<Long> submit(PendingWrite write) {
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(Refusal.shuttingDown());
            }
            if (queue.size() >= MAX_QUEUED || queuedBytes.get() + write.bytes > MAX_QUEUED_BYTES) {
                return CompletableFuture.failedFuture(Refusal.tooManyRequests(
                        ErrorCategory.DATAFILE_WRITE_ERROR,
                        "too many appends wait to be written (" + queue.size() + "); try again later"));
            }
            queuedBytes.addAndGet(write.bytes);
            queue.add(write);
        }
        return write.done;
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
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        List<PendingWrite> group = new ArrayList<>();
        try (WriteOptions synced = new WriteOptions().setSync(true)) {
            PendingWrite next = queue.take();
            while (next != END) {
                group.clear();
                long bytes = 0;
                do {
                    group.add(next);
                    bytes += next.bytes;
                    next = group.size() < MAX_GROUP && bytes < MAX_GROUP_BYTES ? queue.poll() : null;
                } while (next != null && next != END);
                write(group, synced);
                queuedBytes.addAndGet(-bytes);
                if (next == null) {
                    next = queue.take();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<PendingWrite> group, WriteOptions synced) {
        List<PendingWrite> accepted = new ArrayList<>(group.size());
        List<Long> results = new ArrayList<>(group.size());
        Map<PendingWrite, Throwable> refused = new HashMap<>();
        Map<String, Long> sequences = new HashMap<>();
        Map<String, Boolean> scheduleStates = new HashMap<>();
        long firstIndex = storage.lastIndex() + 1;
        long index = firstIndex;
        long timestamp = highestTimestamp;
        try (WriteBatch batch = new WriteBatch()) {
            for (PendingWrite write : group) {
                Map<String, Long> own = new HashMap<>();
                try {
                    if (write.scheduleMustExist && !exists(write.scheduleToRemove, scheduleStates)) {
                        accepted.add(write);
                        results.add(-1L);
                        continue;
                    }
                    check(write.events, sequences, own);
                } catch (Refusal | RocksDBException e) {
                    refused.put(write, e);
                    continue;
                }
                sequences.putAll(own);
                for (Event event : write.events) {
                    timestamp = Math.max(timestamp, event.getTimestamp());
                    batch.put(events, Keys.ofIndex(index), EventStorage.encodeWithPrefix(timestamp, event));
                    if (!event.getAggregateIdentifier().isEmpty()) {
                        batch.put(aggregates, aggregateKey(event), Keys.ofIndex(index));
                    }
                    index++;
                }
                stageOthers(write, batch, scheduleStates);
                accepted.add(write);
                results.add(index - 1);
            }
            if (batch.count() > 0) {
                database.write(synced, batch);
            }
        } catch (RocksDBException | RuntimeException e) {
            LOG.error("A group of {} transactions could not be written", group.size(), e);
            lastSequences.clear();
            Refusal refusal = Refusal.writeFailed("the transaction could not be written: " + e.getMessage(), e);
            group.forEach(write -> write.done.completeExceptionally(refusal));
            return;
        }
        highestTimestamp = timestamp;
        lastSequences.putAll(sequences);
        if (index > firstIndex) {
            storage.committed(index - 1);
        }
        for (int i = 0; i < accepted.size(); i++) {
            accepted.get(i).done.complete(results.get(i));
        }
        refused.forEach((write, reason) -> write.done.completeExceptionally(reason));
    }

    private void stageOthers(PendingWrite write, WriteBatch batch, Map<String, Boolean> scheduleStates)
            throws RocksDBException {
        if (write.snapshot != null) {
            batch.put(snapshots, aggregateKey(write.snapshot), write.snapshot.toByteArray());
        }
        if (write.scheduleToRemove != null) {
            batch.delete(schedules, write.scheduleToRemove.getBytes(StandardCharsets.UTF_8));
            scheduleStates.put(write.scheduleToRemove, false);
        }
        if (write.scheduleToAdd != null) {
            Schedule schedule = write.scheduleToAdd;
            byte[] value = EventStorage.encodeWithPrefix(schedule.instant(), schedule.event());
            batch.put(schedules, schedule.token().getBytes(StandardCharsets.UTF_8), value);
            scheduleStates.put(schedule.token(), true);
        }
    }

    private static byte[] aggregateKey(Event event) {
        return Keys.ofAggregate(event.getAggregateIdentifier(), event.getAggregateSequenceNumber());
    }

    private boolean exists(String token, Map<String, Boolean> scheduleStates) throws RocksDBException {
        Boolean staged = scheduleStates.get(token);
        return staged != null ? staged : database.get(schedules, token.getBytes(StandardCharsets.UTF_8)) != null;
    }

    private void check(List<Event> transaction, Map<String, Long> group, Map<String, Long> own)
            throws RocksDBException {
        for (Event event : transaction) {
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
    private long lastSequence(String identifier, long wanted) throws RocksDBException {
        Long remembered = lastSequences.get(identifier);
        if (remembered != null) {
            return remembered;
        }
        if (wanted == 0 && database.get(aggregates, Keys.ofAggregate(identifier, 0)) == null) {
            return -1;
        }
        return storage.highestSequence(identifier);
    }
}
