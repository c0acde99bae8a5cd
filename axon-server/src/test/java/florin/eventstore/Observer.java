package florin.eventstore;

import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;

/** Hands on what comes; how it ends does not matter. */
class Observer<T> implements StreamObserver<T> {
    private final Consumer<T> seen;

    Observer(Consumer<T> seen) {
        this.seen = seen;
    }

    @Override
    public void onNext(T message) {
        seen.accept(message);
    }

    @Override
    public void onError(Throwable reason) {}

    @Override
    public void onCompleted() {}
}
