package florin.eventstore.storage;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.protocol.Sha256;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Reads every record of a store that nobody has open, changes nothing, and refuses whatever is not as it was written. */
public final class Verification {
    private final Path folder;
    private final EventDatabase database;
    private final StreamCheck streamCheck;
    private final MessageDigest digest = Sha256.digest();
    private final MessageDigest ofPair = Sha256.digest();

    private Verification(Path folder, EventDatabase database, StreamCheck streamCheck) {
        this.folder = folder;
        this.database = database;
        this.streamCheck = streamCheck;
    }

    /** Throws a refusal for the state of a persistent stream with which a node would not serve the context. */
    public interface StreamCheck {
        void check(String identifier, byte[] state);
    }

    /**
     * What a store holds.
     *
     * @param hash SHA-256 of all events, snapshots, schedules and persistent streams in order; the same for a store and its restored backup
     */
    public record Report(long events, long aggregates, long snapshots, long schedules, String hash) {}

    /** Throws a refusal that names what is damaged. */
    public static Report of(Path folder, StorageResources resources, StreamCheck streamCheck) {
        if (!Files.exists(folder.resolve("CURRENT"))) {
            throw Refusal.readFailed(folder.resolve("CURRENT") + " is missing", null);
        }
        try {
            return EventDatabase.examine(
                    folder, resources, database -> new Verification(folder, database, streamCheck).run());
        } catch (IOException e) {
            throw Refusal.readFailed("cannot verify " + folder + ": " + e.getMessage(), e);
        }
    }

    private Report run() throws RocksDBException {
        database.rocks.verifyChecksum();
        PairSum inEvents = new PairSum();
        long events = readEvents(inEvents);
        PairSum inIndex = new PairSum();
        long aggregates = readAggregates(inIndex);
        if (!inEvents.isSameAs(inIndex)) {
            throw damaged("the index of aggregates does not agree with the events");
        }
        readRuns();
        long snapshots = readSnapshots();
        long schedules = readSchedules();
        readStreams();
        return new Report(
                events, aggregates, snapshots, schedules, HexFormat.of().formatHex(digest.digest()));
    }

    private long readEvents(PairSum pairs) throws RocksDBException {
        long[] highest = {Long.MIN_VALUE};
        return forEach(database.events, (index, key, value) -> {
            if (key.length != Long.BYTES || Keys.index(key) != index) {
                throw damaged("event " + index + " is missing");
            }
            digest(key, value);
            Event event = EventStorage.parseEvent(value);
            highest[0] = Math.max(highest[0], event.getTimestamp());
            if (EventStorage.timestamp(value) != highest[0]) {
                throw damaged("event " + index + " has a wrong place in time");
            }
            if (!event.getAggregateIdentifier().isEmpty()) {
                pairs.add(Keys.ofAggregate(event.getAggregateIdentifier(), event.getAggregateSequenceNumber()), key);
            }
        });
    }

    private long readAggregates(PairSum pairs) throws RocksDBException {
        byte[][] last = {null};
        long[] lastIndex = {-1};
        long[] count = {0};
        forEach(database.aggregates, (number, key, value) -> {
            boolean same = last[0] != null && Keys.sameAggregate(last[0], key);
            long expected = same ? Keys.sequence(last[0]) + 1 : 0;
            if (Keys.sequence(key) != expected || value.length != Long.BYTES) {
                throw damaged("the index has sequence number " + Keys.sequence(key) + " instead of " + expected
                        + " for an aggregate");
            }
            if (same && Keys.index(value) <= lastIndex[0]) {
                throw damaged("the index has the events of an aggregate out of order");
            }
            count[0] += same ? 0 : 1;
            last[0] = key;
            lastIndex[0] = Keys.index(value);
            pairs.add(key, value);
        });
        return count[0];
    }

    private void readRuns() throws RocksDBException {
        forEach(database.runs, (number, key, value) -> {
            List<StoredEvent> events = AggregateRuns.events(value);
            long sequence = Keys.sequence(key);
            if (sequence % AggregateRuns.LENGTH != 0 || (!events.isEmpty() && events.size() != AggregateRuns.LENGTH)) {
                throw damaged("a run of " + events.size() + " events begins at sequence number " + sequence);
            }
            for (StoredEvent stored : events) {
                Event event = stored.event();
                byte[] itsKey = Keys.ofAggregate(event.getAggregateIdentifier(), event.getAggregateSequenceNumber());
                if (!Keys.sameAggregate(itsKey, key)
                        || Keys.sequence(itsKey) != sequence++
                        || !Arrays.equals(
                                database.rocks.get(database.events, Keys.ofIndex(stored.index())), stored.value())) {
                    throw damaged("event " + stored.index() + " is another one among those of "
                            + event.getAggregateIdentifier() + " that are kept together");
                }
            }
        });
    }

    private long readSnapshots() throws RocksDBException {
        return forEach(database.snapshots, (number, key, value) -> {
            digest(key, value);
            Event snapshot = EventStorage.parseSnapshot(value);
            byte[] expected =
                    Keys.ofAggregate(snapshot.getAggregateIdentifier(), snapshot.getAggregateSequenceNumber());
            if (!MessageDigest.isEqual(expected, key)) {
                throw damaged("a snapshot of " + snapshot.getAggregateIdentifier() + " is in the wrong place");
            }
        });
    }

    private long readSchedules() throws RocksDBException {
        return forEach(database.schedules, (number, key, value) -> {
            digest(key, value);
            EventStorage.parseSchedule(key, value);
        });
    }

    private void readStreams() throws RocksDBException {
        forEach(database.streams, (number, key, value) -> {
            digest(key, value);
            streamCheck.check(new String(key, StandardCharsets.UTF_8), value);
        });
    }

    private interface Visitor {
        void visit(long number, byte[] key, byte[] value) throws RocksDBException;
    }

    private long forEach(ColumnFamilyHandle family, Visitor visitor) throws RocksDBException {
        long number = 0;
        try (ReadOptions options = new ReadOptions()
                        .setTotalOrderSeek(true)
                        .setFillCache(false)
                        .setReadaheadSize(2 << 20);
                RocksIterator iterator = database.rocks.newIterator(family, options)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                visitor.visit(number++, iterator.key(), iterator.value());
            }
            iterator.status();
        }
        return number;
    }

    private void digest(byte[] key, byte[] value) {
        digest.update(ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(key.length)
                .putInt(value.length)
                .flip());
        digest.update(key);
        digest.update(value);
    }

    private Refusal damaged(String what) {
        return Refusal.readFailed("the event store in " + folder + " is damaged: " + what, null);
    }

    /** A sum over hashes, so that two sets of pairs are compared without an order and without looking each one up. */
    private final class PairSum {
        private final long[] sum = new long[4];

        void add(byte[] key, byte[] index) {
            ofPair.update(key);
            ByteBuffer hash = ByteBuffer.wrap(ofPair.digest(index));
            for (int i = 0; i < sum.length; i++) {
                sum[i] += hash.getLong();
            }
        }

        boolean isSameAs(PairSum other) {
            return Arrays.equals(sum, other.sum);
        }
    }
}
