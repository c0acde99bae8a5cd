package florin.eventstore.storage;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * An event that is to be stored: parsed, and in the bytes that will be kept, which begin with room for a number.
 *
 * <p>The parsed event may share the bytes; nobody changes them but for that number.
 */
public final class NewEvent {
    static final int PREFIX_BYTES = Long.BYTES;

    /** What an event takes in memory besides its bytes, roughly. */
    public static final int OVERHEAD_BYTES = 256;

    private final Event event;
    private final byte[] value;

    private NewEvent(Event event, byte[] value) {
        this.event = event;
        this.value = value;
    }

    public static NewEvent of(Event event) {
        byte[] value = new byte[PREFIX_BYTES + event.getSerializedSize()];
        try {
            CodedOutputStream output = CodedOutputStream.newInstance(value, PREFIX_BYTES, value.length - PREFIX_BYTES);
            event.writeTo(output);
            output.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException("an array of the right size cannot be too small", e);
        }
        return new NewEvent(event, value);
    }

    /** Reads a message to its end, in the bytes that its client has sent. */
    public static NewEvent read(InputStream message) throws IOException {
        byte[] value = new byte[PREFIX_BYTES + message.available()];
        int read = PREFIX_BYTES + message.readNBytes(value, PREFIX_BYTES, value.length - PREFIX_BYTES);
        // Not all the rest at once: that takes a large buffer, also for nothing.
        int next = message.read();
        if (next >= 0 || read < value.length) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            whole.write(value, 0, read);
            if (next >= 0) {
                whole.write(next);
                message.transferTo(whole);
            }
            value = whole.toByteArray();
        }
        CodedInputStream input = CodedInputStream.newInstance(value, PREFIX_BYTES, value.length - PREFIX_BYTES);
        input.enableAliasing(true);
        Event event = Event.parseFrom(input);
        input.checkLastTagWas(0);
        return new NewEvent(event, value);
    }

    public Event event() {
        return event;
    }

    public int size() {
        return value.length - PREFIX_BYTES;
    }

    /** The event as readers get it, once it is stored; its bytes and what is parsed are shared with this one. */
    StoredEvent storedAt(long index) {
        return new StoredEvent(index, value, PREFIX_BYTES, event);
    }

    byte[] valueWith(long number) {
        ByteBuffer.wrap(value).putLong(number);
        return value;
    }
}
