package florin.eventstore.rpc;

import com.google.protobuf.CodedOutputStream;
import florin.eventstore.storage.NewEvent;
import florin.eventstore.storage.StoredEvent;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.grpc.Drainable;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Takes events from the wire, and puts them there, without writing anew what is bytes already. */
final class EventMarshaller {
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
            int size = CodedOutputStream.computeInt64Size(EventWithToken.TOKEN_FIELD_NUMBER, event.index())
                    + CodedOutputStream.computeTagSize(EventWithToken.EVENT_FIELD_NUMBER)
                    + CodedOutputStream.computeUInt32SizeNoTag(event.size())
                    + event.size();
            byte[] message = new byte[size];
            CodedOutputStream output = CodedOutputStream.newInstance(message);
            try {
                output.writeInt64(EventWithToken.TOKEN_FIELD_NUMBER, event.index());
                output.writeByteArray(EventWithToken.EVENT_FIELD_NUMBER, event.value(), event.offset(), event.size());
            } catch (IOException e) {
                throw new UncheckedIOException("an array of the right size cannot be too small", e);
            }
            output.checkNoSpaceLeft();
            return new Message(message, 0, size);
        }
    };

    private EventMarshaller() {}

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
