package florin.eventstore.storage;

import com.google.protobuf.InvalidProtocolBufferException;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;

/** An event or snapshot in the bytes it is kept in: sent as it is, parsed only where its content matters and not yet. */
public final class StoredEvent {
    private final long index;
    private final byte[] value;
    private final int offset;
    /** Null where it has to be parsed. */
    private final Event event;

    StoredEvent(long index, byte[] value, int offset) {
        this(index, value, offset, null);
    }

    StoredEvent(long index, byte[] value, int offset, Event event) {
        this.index = index;
        this.value = value;
        this.offset = offset;
        this.event = event;
    }

    /** The event's place among all of its context; -1 for a snapshot. */
    public long index() {
        return index;
    }

    public int size() {
        return value.length - offset;
    }

    /** The message's bytes, which are not to be changed, from {@link #offset()} on. */
    public byte[] value() {
        return value;
    }

    public int offset() {
        return offset;
    }

    public Event event() {
        return event == null ? parse(value, offset) : event;
    }

    public EventWithToken withToken() {
        return EventWithToken.newBuilder().setToken(index).setEvent(event()).build();
    }

    static Event parse(byte[] value, int offset) {
        try {
            return Event.parser().parseFrom(value, offset, value.length - offset);
        } catch (InvalidProtocolBufferException e) {
            throw Refusal.readFailed("a stored event cannot be parsed", e);
        }
    }
}
