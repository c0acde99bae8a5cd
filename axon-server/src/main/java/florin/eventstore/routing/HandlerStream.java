package florin.eventstore.routing;

import florin.eventstore.platform.Clients;
import florin.eventstore.platform.Topology;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Outbound;
import io.axoniq.axonserver.grpc.InstructionAck;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The stream of a client that handles commands or queries, from its beginning to its end, whoever ends it.
 *
 * @param <O> what the client sends
 * @param <I> what it is sent
 * @param <H> what stands for it among the handlers
 */
abstract class HandlerStream<O, I, H extends Handler<?, I>> implements StreamObserver<O> {
    final H handler;
    final Topology.Announcer announcer;
    private final Set<H> handlers;
    private final Consumer<H> disconnect;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile Runnable unregister = () -> {};

    /**
     * @param make makes the handler
     * @param handlers where it is while the stream is open
     * @param disconnect brings what it was not sent to other handlers
     */
    HandlerStream(
            StreamObserver<I> observer,
            Function<Outbound<I>, H> make,
            Set<H> handlers,
            Consumer<H> disconnect,
            Topology.Announcer announcer,
            Clients clients) {
        this.handlers = handlers;
        this.disconnect = disconnect;
        this.announcer = announcer;
        handler = make.apply(Outbound.of(observer, this::end));
        handlers.add(handler);
        unregister = clients.onDrop(handler.out(), this::end);
    }

    abstract void handle(O message);

    /** Empty if the message asks for no acknowledgement. */
    abstract String instructionId(O message);

    abstract I acknowledgement(InstructionAck acknowledgement);

    /** To be called after the handler has subscribed: the stream may have ended meanwhile. */
    final void subscribed() {
        if (ended.get()) {
            leave();
        }
    }

    @Override
    public final void onNext(O message) {
        try {
            handle(message);
            acknowledge(instructionId(message));
        } catch (RuntimeException e) {
            // The call ends with it, and what the handler were sent until gRPC tells so would be lost.
            end();
            throw e;
        }
    }

    private void acknowledge(String instructionId) {
        if (!instructionId.isEmpty()
                && !handler.out().acknowledge(acknowledgement(Instructions.acknowledge(instructionId)))) {
            // A client that does not read will not let the call end by itself.
            end();
        }
    }

    @Override
    public final void onError(Throwable reason) {
        end();
    }

    @Override
    public final void onCompleted() {
        end();
        handler.out().complete();
    }

    private void end() {
        if (ended.compareAndSet(false, true)) {
            leave();
            handlers.remove(handler);
            unregister.run();
        }
    }

    private void leave() {
        disconnect.accept(handler);
        announcer.withdrawAll();
    }
}
