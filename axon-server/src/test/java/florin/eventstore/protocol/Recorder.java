package florin.eventstore.protocol;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands for the client at the other end of a call: keeps what it was sent. */
public class Recorder<T> extends ServerCallStreamObserver<T> {
    public final List<T> seen = new CopyOnWriteArrayList<>();
    public volatile boolean ended;
    /** As after a refusal, of which gRPC has not told yet. */
    public boolean refused;

    public boolean reads = true;
    public Runnable onReady = () -> {};
    /** To be run when what was sent is kept no more. */
    public Runnable onClose = () -> {};

    public Outbound<T> outbound() {
        return Outbound.of(this, () -> {});
    }

    @Override
    public void onNext(T message) {
        if (refused) {
            throw new IllegalStateException("call is closed");
        }
        seen.add(message);
    }

    @Override
    public void onError(Throwable reason) {
        ended = true;
    }

    @Override
    public void onCompleted() {
        ended = true;
    }

    @Override
    public boolean isReady() {
        return reads;
    }

    @Override
    public boolean isCancelled() {
        return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setOnCloseHandler(Runnable handler) {
        onClose = handler;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
        onReady = handler;
    }

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setMessageCompression(boolean enable) {}
}
