package florin.eventstore.rpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import florin.eventstore.storage.NewEvent;
import florin.eventstore.storage.StoredEvent;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.grpc.Drainable;
import io.grpc.KnownLength;
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
            return new Message(NOTHING, 0, event);
        }
    };

    /** An {@code EventWithToken} to a client. */
    static final Marshaller<StoredEvent> EVENT_WITH_TOKEN = new Sent() {
        @Override
        public InputStream stream(StoredEvent event) {
            byte[] start = new byte[MOST_START_BYTES];
            CodedOutputStream output = CodedOutputStream.newInstance(start);
            try {
                output.writeInt64(EventWithToken.TOKEN_FIELD_NUMBER, event.index());
                output.writeTag(EventWithToken.EVENT_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
                output.writeUInt32NoTag(event.size());
            } catch (IOException e) {
                throw new UncheckedIOException("an array of the right size cannot be too small", e);
            }
            return new Message(start, output.getTotalBytesWritten(), event);
        }
    };

    /** Two tags, a token and a length. */
    private static final int MOST_START_BYTES = 1 + 10 + 1 + 5;

    private static final byte[] NOTHING = {};

    private EventMarshaller() {}

    private abstract static class Sent implements Marshaller<StoredEvent> {
        @Override
        public StoredEvent parse(InputStream message) {
            throw new UnsupportedOperationException("a server only sends it");
        }
    }

    /** A few bytes and an event's; gRPC asks it to drain itself, so they are never put together elsewhere. */
    private static final class Message extends InputStream implements Drainable, KnownLength {
        private final InputStream start;
        private final InputStream rest;

        Message(byte[] start, int length, StoredEvent event) {
            this.start = new ByteArrayInputStream(start, 0, length);
            rest = new ByteArrayInputStream(event.value(), event.offset(), event.size());
        }

        @Override
        public int available() throws IOException {
            return start.available() + rest.available();
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            return (int) (start.transferTo(target) + rest.transferTo(target));
        }

        @Override
        public int read() throws IOException {
            int next = start.read();
            return next < 0 ? rest.read() : next;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = start.read(target, offset, length);
            return read < 0 ? rest.read(target, offset, length) : read;
        }
    }
}
