package florin.eventstore.protocol;

import com.google.protobuf.MessageLite;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** The answering side of a call that many threads write to: serialised, and silent once the call is over. */
public final class Outbound<T> {
    /** Of what can wait until the client reads, whatever it permits. */
    private static final long ROOM_BYTES = 4L << 20;
    /** Of what nothing else holds back. */
    private static final long MAX_BACKLOG_BYTES = 32L << 20;
    /** They are small, so that each costs far more memory than it has bytes. */
    private static final int MAX_UNREAD_ACKNOWLEDGEMENTS = 5_000;

    private final ServerCallStreamObserver<T> observer;
    private long backlogBytes;
    private int unreadAcknowledgements;
    private boolean closed;

    private Outbound(ServerCallStreamObserver<T> observer) {
        this.observer = observer;
    }

    /**
     * Wraps the observer that gRPC passes to a service method; call it before that method returns.
     *
     * @param onEnd run when the call is over, whoever ended it; perhaps more than once
     */
    public static <T> Outbound<T> of(StreamObserver<T> observer, Runnable onEnd) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        Outbound<T> outbound = new Outbound<>(call);
        Runnable end = () -> {
            outbound.markClosed();
            onEnd.run();
        };
        call.setOnCancelHandler(end); // by the client, or with its connection
        call.setOnCloseHandler(end); // by this server
        return outbound;
    }

    public void onReady(Runnable handler) {
        observer.setOnReadyHandler(handler);
    }

    public boolean isReady() {
        return observer.isReady();
    }

    public synchronized boolean isClosed() {
        return closed;
    }

    /** False when the call is over and nobody will read the message. */
    public synchronized boolean send(T message) {
        if (closed) {
            return false;
        }
        if (message instanceof MessageLite sent) {
            backlogBytes = backlogBytes() + sent.getSerializedSize();
        }
        return whileOpen(() -> observer.onNext(message));
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

    /** As {@link #send}; false also when the client has not read so much that this message is not worth the memory. */
    public synchronized boolean offer(T message) {
        return backlogBytes() < MAX_BACKLOG_BYTES && send(message);
    }

    /** Sends an acknowledgement; false when the call is over, also because its client has thousands of them to read. */
    public synchronized boolean acknowledge(T message) {
        unreadAcknowledgements = observer.isReady() ? 0 : unreadAcknowledgements + 1;
        if (unreadAcknowledgements > MAX_UNREAD_ACKNOWLEDGEMENTS) {
            fail(Refusal.tooManyRequests(
                    ErrorCategory.OTHER,
                    "the client has not read " + MAX_UNREAD_ACKNOWLEDGEMENTS + " acknowledgements"));
        } else {
            offer(message);
        }
        return !closed;
    }

    /** Whether the client has read enough to be sent what can wait. */
    public synchronized boolean hasRoom() {
        return backlogBytes() < ROOM_BYTES;
    }

    /** How many bytes were sent since the client read last; 0 while it keeps up. */
    private long backlogBytes() {
        return observer.isReady() ? 0 : backlogBytes;
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

    private synchronized void markClosed() {
        closed = true;
    }
}
