package florin.eventstore.protocol;

import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what the node holds, over all calls, of messages that are on their way: a client may send all but the last byte of one, and
 * that on each of its calls. Once it is too much, what has more than its share ends with its next bytes, so that a client that
 * goes on sending small messages is not refused for what others hold.
 */
public final class UnfinishedMessages extends ServerStreamTracer.Factory {
    /** A message is not counted before it has more: nearly all have not, and come as a whole. */
    private static final long UNCOUNTED_BYTES = 4 << 10;

    private final long most;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger messages = new AtomicInteger();

    /**
     * An eighth of the heap, and the largest message in any case.
     *
     * @param maxMessageBytes how large a message may be
     */
    public UnfinishedMessages(int maxMessageBytes) {
        most = Math.max(maxMessageBytes, Runtime.getRuntime().maxMemory() / 8);
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return new Incoming();
    }

    /** The message that comes in on a call; used by the thread of its connection. */
    private final class Incoming extends ServerStreamTracer {
        private long received;
        private long counted;
        private boolean isClosed;

        @Override
        public void inboundWireSize(long more) {
            received += more;
            if (received <= UNCOUNTED_BYTES || isClosed) {
                return;
            }
            int holders = counted == 0 ? messages.incrementAndGet() : messages.get();
            long all = bytes.addAndGet(received - counted);
            counted = received;
            if (all > most && received > most / holders) {
                throw Refusal.tooManyRequests(
                                ErrorCategory.OTHER,
                                "messages that clients have begun to send hold " + most
                                        + " bytes already; try again later")
                        .asStatus();
            }
        }

        @Override
        public void inboundMessageRead(int number, long wireBytes, long uncompressedBytes) {
            forget();
        }

        @Override
        public void streamClosed(Status status) {
            isClosed = true;
            forget();
        }

        private void forget() {
            received = 0;
            if (counted > 0) {
                bytes.addAndGet(-counted);
                messages.decrementAndGet();
                counted = 0;
            }
        }
    }
}
