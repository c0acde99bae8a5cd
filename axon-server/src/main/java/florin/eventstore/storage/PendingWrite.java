package florin.eventstore.storage;

import io.axoniq.axonserver.grpc.event.Event;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One transaction on its way to the writer thread; all of it is stored, or nothing. */
final class PendingWrite {
    final List<NewEvent> events;
    final Event snapshot;
    final Schedule scheduleToAdd;
    final String scheduleToRemove;
    /** If set and the schedule is gone, the whole write is dropped and its result is -1. */
    final boolean scheduleMustExist;

    final String stream;
    /** Null to forget the stream. */
    final byte[] streamState;
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
        this(events, snapshot, scheduleToAdd, scheduleToRemove, scheduleMustExist, null, null, false, bytes);
    }

    private PendingWrite(
            List<NewEvent> events,
            Event snapshot,
            Schedule scheduleToAdd,
            String scheduleToRemove,
            boolean scheduleMustExist,
            String stream,
            byte[] streamState,
            boolean lazy,
            int bytes) {
        this.events = events;
        this.snapshot = snapshot;
        this.scheduleToAdd = scheduleToAdd;
        this.scheduleToRemove = scheduleToRemove;
        this.scheduleMustExist = scheduleMustExist;
        this.stream = stream;
        this.streamState = streamState;
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
        int size = identifier.length() + (state == null ? 0 : state.length);
        return new PendingWrite(List.of(), null, null, null, false, identifier, state, lazy, size);
    }

    private static int sizeOf(List<NewEvent> events) {
        int bytes = 0;
        for (NewEvent event : events) {
            bytes += event.size();
        }
        return bytes;
    }
}
