package florin.eventstore.protocol;

import com.google.protobuf.MessageLite;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;

/**
 * The answering side of a call that many threads write to: serialised, and silent once the call is over.
 *
 * <p>What clients were sent and have not read is counted over all calls, for gRPC keeps it in memory. The more there is, the less any
 * call is sent before its client has read. gRPC tells of a client that it does not read once 32 KiB wait for it, so as
 * many of each call are not seen.
 */
public final class Outbound<T> {
    /** Of what can wait until the client reads, whatever it permits. */
    private static final long ROOM_BYTES = 4L << 20;
    /** Of what nothing else holds back. */
    private static final long MAX_BACKLOG_BYTES = 32L << 20;
    /** They are small, so that each costs far more memory than it has bytes. */
    private static final int MAX_UNREAD_ACKNOWLEDGEMENTS = 5_000;

    /** So much may wait for a client before gRPC says that it does not read. */
    private static final int UNSEEN_BYTES = 32 << 10;

    /** Of what one turn of a call sends while there is memory. */
    private static final int BATCH_BYTES = 1 << 20;

    /** What the clients of this process have not read, of all its calls. */
    private static final AtomicLong UNREAD_BYTES = new AtomicLong();

    /** Of these: an eighth of the heap. */
    static final long MAX_UNREAD_BYTES = Runtime.getRuntime().maxMemory() / 8;

    private final ServerCallStreamObserver<T> observer;
    private final ToIntFunction<T> sizeOf;
    /** What was sent since the client was last seen to have read. */
    private long backlogBytes;
    /** As much of it as is counted among what all clients have not read. */
    private long countedBytes;

    private int unreadAcknowledgements;
    private boolean closed;

    private Outbound(ServerCallStreamObserver<T> observer, ToIntFunction<T> sizeOf) {
        this.observer = observer;
        this.sizeOf = sizeOf;
    }

    /**
     * Wraps the observer that gRPC passes to a service method; call it before that method returns.
     *
     * @param onEnd run when the call is over, whoever ended it; perhaps more than once
     */
    public static <T> Outbound<T> of(StreamObserver<T> observer, Runnable onEnd) {
        return of(observer, message -> ((MessageLite) message).getSerializedSize(), onEnd);
    }

    /**
     * The same, for messages that are not protobuf's.
     *
     * @param sizeOf how many bytes a message has
     */
    public static <T> Outbound<T> of(StreamObserver<T> observer, ToIntFunction<T> sizeOf, Runnable onEnd) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        Outbound<T> outbound = new Outbound<>(call, sizeOf);
        Runnable end = () -> {
            outbound.over();
            onEnd.run();
        };
        call.setOnCancelHandler(end); // by the client, or with its connection
        call.setOnCloseHandler(end); // by this server
        outbound.onReady(() -> {});
        return outbound;
    }

    public void onReady(Runnable handler) {
        observer.setOnReadyHandler(() -> {
            look();
            handler.run();
        });
    }

    public boolean isReady() {
        return observer.isReady();
    }

    public synchronized boolean isClosed() {
        return closed;
    }

    /** False when the call is over and nobody will read the message. */
    public synchronized boolean send(T message) {
        if (closed || !whileOpen(() -> observer.onNext(message))) {
            return false;
        }
        backlogBytes += sizeOf.applyAsInt(message);
        if (backlogBytes - countedBytes >= UNSEEN_BYTES) { // Not each time: it costs more than a small message.
            look();
        }
        return true;
    }

    /**
     * As {@link #send}, for what a client has asked for; ends the call instead if clients have not read too much already. That a
     * small message adds to it is borne for longer, so that a client that reads small ones is not refused for what others leave.
     */
    public synchronized boolean answer(T message) {
        if (isTooMuch(message)) {
            fail(Refusal.tooManyRequests(
                    ErrorCategory.OTHER,
                    "clients have not read " + MAX_UNREAD_BYTES + " bytes that they were sent; try again later"));
            return false;
        }
        return send(message);
    }

    private boolean isTooMuch(T message) {
        long unread = UNREAD_BYTES.get();
        return unread >= MAX_UNREAD_BYTES
                && (unread >= 2 * MAX_UNREAD_BYTES || sizeOf.applyAsInt(message) > UNSEEN_BYTES);
    }

    /** How many bytes are read from the store to be sent together; it is little if clients have left much unread. */
    public static int batchBytes() {
        return isCrowded() ? UNSEEN_BYTES : BATCH_BYTES;
    }

    private static boolean isCrowded() {
        return UNREAD_BYTES.get() >= MAX_UNREAD_BYTES / 2;
    }

    /** Sees whether the client has read what it was sent. */
    private synchronized void look() {
        if (observer.isReady()) {
            backlogBytes = 0;
        }
        count();
    }

    private void count() {
        if (countedBytes != backlogBytes) {
            UNREAD_BYTES.addAndGet(backlogBytes - countedBytes);
            countedBytes = backlogBytes;
        }
    }

    /** A refusal closes a call before gRPC tells so; whoever writes to several must not fail at the one. */
    private boolean whileOpen(Runnable step) {
        try {
            step.run();
            return true;
        } catch (IllegalStateException e) {
            closed = true;
            return false;
        }
    }

    /** As {@link #send}; false also when the client, or all together, have not read so much that this message is not worth the memory. */
    public synchronized boolean offer(T message) {
        return backlogBytes() < MAX_BACKLOG_BYTES && !isTooMuch(message) && send(message);
    }

    /** Sends an acknowledgement; false when the call is over, also because its client has thousands of them to read. */
    public synchronized boolean acknowledge(T message) {
        unreadAcknowledgements = observer.isReady() ? 0 : unreadAcknowledgements + 1;
        if (unreadAcknowledgements > MAX_UNREAD_ACKNOWLEDGEMENTS) {
            fail(Refusal.tooManyRequests(
                    ErrorCategory.OTHER,
                    "the client has not read " + MAX_UNREAD_ACKNOWLEDGEMENTS + " acknowledgements"));
        } else if (backlogBytes() < MAX_BACKLOG_BYTES) {
            send(message);
        }
        return !closed;
    }

    /** Whether the client has read enough to be sent what can wait. */
    public synchronized boolean hasRoom() {
        return backlogBytes() < (isCrowded() ? UNSEEN_BYTES : ROOM_BYTES);
    }

    /** How many bytes were sent since the client read last; 0 while it keeps up. */
    private long backlogBytes() {
        look();
        return backlogBytes;
    }

    public synchronized void complete() {
        if (!closed) {
            closed = true;
            whileOpen(observer::onCompleted);
        }
    }

    public synchronized void fail(Throwable reason) {
        if (!closed) {
            closed = true;
            whileOpen(() -> observer.onError(Refusal.from(reason).asStatus()));
        }
    }

    /** Nothing that was sent is kept any more. */
    private synchronized void over() {
        closed = true;
        backlogBytes = 0;
        count();
    }
}
