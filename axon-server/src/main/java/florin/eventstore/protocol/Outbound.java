package florin.eventstore.protocol;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** The answering side of a call that many threads write to: serialised, and silent once the call is over. */
public final class Outbound<T> {
    private final ServerCallStreamObserver<T> observer;
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
        observer.onNext(message);
        return true;
    }

    public synchronized void complete() {
        if (!closed) {
            closed = true;
            observer.onCompleted();
        }
    }

    public synchronized void fail(Throwable reason) {
        if (!closed) {
            closed = true;
            observer.onError(Refusal.from(reason).asStatus());
        }
    }

    private synchronized void markClosed() {
        closed = true;
    }
}
