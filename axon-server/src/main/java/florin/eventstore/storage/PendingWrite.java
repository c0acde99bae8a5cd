package florin.eventstore.storage;

import io.axoniq.axonserver.grpc.event.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.rocksdb.ColumnFamilyHandle;

/** One transaction on its way to the writer thread; all of it is stored, or nothing. */
final class PendingWrite {
    /**
     * What a column family is to hold under a key; to forget it, the value is null. If it was made of what had been read, it
     * is dropped unless the store is still the one that was opened then.
     */
    static final class Entry {
        final Function<EventDatabase, ColumnFamilyHandle> family;
        final byte[] key;
        final byte[] value;
        /** Null if it does not depend on what was read. */
        final EventDatabase readFrom;

        private Entry(
                Function<EventDatabase, ColumnFamilyHandle> family, byte[] key, byte[] value, EventDatabase readFrom) {
            this.family = family;
            this.key = key;
            this.value = value;
            this.readFrom = readFrom;
        }
    }

    final List<NewEvent> events;
    final Event snapshot;
    final Schedule scheduleToAdd;
    final String scheduleToRemove;
    /** If set and the schedule is gone, the whole write is dropped and its result is -1. */
    final boolean scheduleMustExist;

    /** Something else to keep or to forget; null if there is nothing. */
    final Entry entry;
    /** Whether a sync that comes within a second is soon enough. */
    final boolean lazy;

    final int bytes;
    final CompletableFuture<Long> done = new CompletableFuture<>();

    private PendingWrite(
            List<NewEvent> events,
            Event snapshot,
            Schedule scheduleToAdd,
            String scheduleToRemove,
            boolean scheduleMustExist,
            int bytes) {
        this(events, snapshot, scheduleToAdd, scheduleToRemove, scheduleMustExist, null, false, bytes);
    }

    private PendingWrite(
            List<NewEvent> events,
            Event snapshot,
            Schedule scheduleToAdd,
            String scheduleToRemove,
            boolean scheduleMustExist,
            Entry entry,
            boolean lazy,
            int bytes) {
        this.events = events;
        this.snapshot = snapshot;
        this.scheduleToAdd = scheduleToAdd;
        this.scheduleToRemove = scheduleToRemove;
        this.scheduleMustExist = scheduleMustExist;
        this.entry = entry;
        this.lazy = lazy;
        this.bytes = bytes;
    }

    static PendingWrite ofEvents(List<NewEvent> events) {
        return new PendingWrite(events, null, null, null, false, sizeOf(events));
    }

    static PendingWrite ofSnapshot(Event snapshot) {
        return new PendingWrite(List.of(), snapshot, null, null, false, snapshot.getSerializedSize());
    }

    static PendingWrite ofSchedule(Schedule schedule, String replaced) {
        return new PendingWrite(
                List.of(), null, schedule, replaced, false, schedule.event().getSerializedSize());
    }

    static PendingWrite ofCancellation(String token) {
        return new PendingWrite(List.of(), null, null, token, false, token.length());
    }

    static PendingWrite ofFiring(Schedule schedule) {
        List<NewEvent> events = List.of(NewEvent.of(schedule.event()));
        return new PendingWrite(events, null, null, schedule.token(), true, sizeOf(events));
    }

    static PendingWrite ofStream(String identifier, byte[] state, boolean lazy) {
        return ofEntry(
                new Entry(database -> database.streams, identifier.getBytes(StandardCharsets.UTF_8), state, null),
                lazy);
    }

    static PendingWrite ofRun(byte[] key, byte[] run, EventDatabase readFrom) {
        return ofEntry(new Entry(database -> database.runs, key, run, readFrom), true);
    }

    private static PendingWrite ofEntry(Entry entry, boolean lazy) {
        int size = entry.key.length + (entry.value == null ? 0 : entry.value.length);
        return new PendingWrite(List.of(), null, null, null, false, entry, lazy, size);
    }

    /** In memory: of many small events most is not their bytes. */
    private static int sizeOf(List<NewEvent> events) {
        int bytes = 0;
        for (NewEvent event : events) {
            bytes += event.size() + NewEvent.OVERHEAD_BYTES;
        }
        return bytes;
    }
}
