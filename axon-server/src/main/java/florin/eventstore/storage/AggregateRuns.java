package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage.AggregateEvents;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Long aggregates a second time, each {@value #LENGTH} events of one together: its events lie among those of others, and to
 * read each where it lies costs a block of the store for each.
 *
 * <p>A run is put together in the background when a reading has missed it, so an aggregate that nobody reads costs nothing; not
 * where the aggregate has a snapshot of late, after which it is read, nor where its events lie close together anyway. A run that
 * is not here costs time only, so what waits is bounded: at most {@value #MAX_WAITING} runs, others are left to the next reading.
 *
 * <p>Format: for each event its global index (8 bytes), its length (4) and its value as among all events; a run that would be
 * larger than {@value #MAX_BYTES} bytes has no events, for a large event costs what it costs wherever it lies.
 *
 * <p>Thread-safe.
 */
final class AggregateRuns {
    private static final Logger LOG = LoggerFactory.getLogger(AggregateRuns.class);
    static final int LENGTH = 32;
    static final int MAX_BYTES = 256 << 10;
    private static final int MAX_WAITING = 1024;
    /** Events lie close together if so many times as many are among them. */
    private static final int CLOSE = 8;
    /** A snapshot that so many events followed is not in use any more. */
    private static final int OLD_SNAPSHOT = 1024;

    private static final long IDLE_SECONDS = 10;
    private static final byte[] NONE = {};

    private final EventStorage storage;
    private final AggregateReader reader;
    private final ThreadPoolExecutor background = new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            task -> new Thread(task, "aggregate-runs"),
            new ThreadPoolExecutor.DiscardPolicy());

    AggregateRuns(EventStorage storage, AggregateReader reader) {
        this.storage = storage;
        this.reader = reader;
        background.allowCoreThreadTimeOut(true);
    }

    /** The events from one sequence number to another that are in the run of the first; none if that is not kept. */
    List<StoredEvent> read(EventDatabase database, String identifier, long from, long to, int count)
            throws RocksDBException {
        byte[] run = database.rocks.get(database.runs, Keys.ofAggregate(identifier, first(from)));
        if (run == null || run.length == 0) {
            return List.of();
        }
        List<StoredEvent> events = events(run);
        int skipped = (int) (from - first(from));
        long last = Math.min(Math.min(to - from, count - 1L) + skipped, events.size() - 1L);
        return events.subList(skipped, Math.max(skipped, (int) last + 1));
    }

    static List<StoredEvent> events(byte[] run) {
        List<StoredEvent> events = new ArrayList<>(LENGTH);
        ByteBuffer rest = ByteBuffer.wrap(run);
        while (rest.hasRemaining()) {
            long index = rest.getLong();
            byte[] value = new byte[rest.getInt()];
            rest.get(value);
            events.add(EventStorage.stored(index, value));
        }
        return events;
    }

    boolean has(EventDatabase database, String identifier, long first) throws RocksDBException {
        byte[] run = database.rocks.get(database.runs, Keys.ofAggregate(identifier, first));
        return run != null && run.length > 0;
    }

    /** Tells of events of an aggregate that were read one by one, the first of them with this sequence number. */
    void gathered(String identifier, long from, List<StoredEvent> events) {
        for (int last = LENGTH - 1 - (int) (from % LENGTH); last < events.size(); last += LENGTH) {
            if (last < LENGTH - 1 || areApart(events.get(last - LENGTH + 1), events.get(last))) {
                keep(identifier, first(from + last));
            }
        }
    }

    private void keep(String identifier, long first) {
        background.execute(() -> {
            try {
                storage.reading(database -> keep(database, identifier, first))
                        .toCompletableFuture()
                        .join();
            } catch (Refusal | CompletionException e) {
                LOG.debug("Events {} and on of {} were not kept together", first, identifier, e);
            }
        });
    }

    private CompletionStage<Long> keep(EventDatabase database, String identifier, long first) throws RocksDBException {
        byte[] key = Keys.ofAggregate(identifier, first);
        if (database.rocks.get(database.runs, key) != null || hasSnapshot(database, identifier, first)) {
            return CompletableFuture.completedFuture(null);
        }
        AggregateEvents read = reader.gather(database, identifier, first, first + LENGTH - 1, LENGTH, MAX_BYTES);
        byte[] run = read.events().size() < LENGTH ? NONE : together(read.events());
        return read.isEnd() || run == null
                ? CompletableFuture.completedFuture(null)
                : storage.write(PendingWrite.ofRun(key, run, database));
    }

    /** Whether the aggregate is read from a snapshot, so that a run of before or soon after it would not be read. */
    private static boolean hasSnapshot(EventDatabase database, String identifier, long first) throws RocksDBException {
        long snapshot = EventStorage.latestSnapshot(database, identifier);
        return snapshot >= 0 && first < snapshot + OLD_SNAPSHOT;
    }

    /** The run of these events, without them if they are large; null if they lie close together anyway. */
    private static byte[] together(List<StoredEvent> events) {
        if (!areApart(events.get(0), events.get(LENGTH - 1))) {
            return null;
        }
        int size = 0;
        for (StoredEvent event : events) {
            size += Long.BYTES + Integer.BYTES + event.value().length;
        }
        if (size > MAX_BYTES) {
            return NONE;
        }
        ByteBuffer run = ByteBuffer.allocate(size);
        for (StoredEvent event : events) {
            run.putLong(event.index()).putInt(event.value().length).put(event.value());
        }
        return run.array();
    }

    private static boolean areApart(StoredEvent first, StoredEvent last) {
        return last.index() - first.index() >= (long) CLOSE * LENGTH;
    }

    static long first(long sequence) {
        return sequence - sequence % LENGTH;
    }

    /** Gives up what waits. */
    void close() {
        background.shutdownNow();
    }
}
