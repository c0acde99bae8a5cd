package florin.eventstore.rpc;

import florin.eventstore.storage.NewEvent;
import florin.eventstore.storage.StoredEvent;
import io.grpc.Drainable;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Takes events from the wire, and puts them there, without writing anew what is bytes already. */
final class EventMarshaller {
    private static final byte TOKEN_TAG = 1 << 3;
    private static final byte EVENT_TAG = (2 << 3) | 2;
    private static final int MAX_VARINT_BYTES = 10;

    /** An {@code Event} that a client sends. */
    static final Marshaller<NewEvent> RECEIVED = new Marshaller<>() {
        @Override
        public InputStream stream(NewEvent event) {
            throw new UnsupportedOperationException("a server only receives it");
        }

        @Override
        public NewEvent parse(InputStream message) {
            try {
                return NewEvent.read(message);
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("Invalid protobuf byte sequence")
                        .withCause(e)
                        .asRuntimeException();
            }
        }
    };

    /** An {@code Event} to a client. */
    static final Marshaller<StoredEvent> EVENT = new Sent() {
        @Override
        public InputStream stream(StoredEvent event) {
            return new Message(event.value(), event.offset(), event.size());
        }
    };

    /** An {@code EventWithToken} to a client. */
    static final Marshaller<StoredEvent> EVENT_WITH_TOKEN = new Sent() {
        @Override
        public InputStream stream(StoredEvent event) {
            ByteBuffer message = ByteBuffer.allocate(2 + 2 * MAX_VARINT_BYTES + event.size());
            message.put(TOKEN_TAG);
            putVarint(message, event.index());
            message.put(EVENT_TAG);
            putVarint(message, event.size());
            message.put(event.value(), event.offset(), event.size());
            return new Message(message.array(), 0, message.position());
        }
    };

    private EventMarshaller() {}

    private static void putVarint(ByteBuffer out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.put((byte) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    private abstract static class Sent implements Marshaller<StoredEvent> {
        @Override
        public StoredEvent parse(InputStream message) {
            throw new UnsupportedOperationException("a server only sends it");
        }
    }

    /** gRPC asks it to drain itself, which saves a buffer for each event. */
    private static final class Message extends ByteArrayInputStream implements Drainable {
        Message(byte[] bytes, int offset, int length) {
            super(bytes, offset, length);
        }

        @Override
        public synchronized int drainTo(OutputStream target) throws IOException {
            int length = count - pos;
            target.write(buf, pos, length);
            pos = count;
            return length;
        }
    }
}
