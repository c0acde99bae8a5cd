package florin.kit;

import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Appends what several commands have to append at the same time as one transaction (group commit): while one is under way to the
 * event store, those of other commands wait, and go together when it is answered.
 *
 * <p>Each is still all or nothing, and none depends on another: when the event store refuses several that went together, each goes
 * once more by itself, and has the answer that it deserves. The refusal says that nothing of them is stored; if it were wrong, the
 * event store would refuse the second event of the same number. When no answer comes, nobody knows, as with one that went by itself.
 */
final class GatheredAppends implements ClientInterceptor {

    /** A group gets no further append once it has so many events. */
    static final int MOST_EVENTS = 100;

    private static final Metadata.Key<String> CONTEXT =
            Metadata.Key.of("AxonIQ-Context", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> ERROR_CODE =
            Metadata.Key.of("AxonIQ-ErrorCode", Metadata.ASCII_STRING_MARSHALLER);

    private final Map<String, Lane> lanes = new ConcurrentHashMap<>();

    @Override
    @SuppressWarnings("unchecked") // It is the method of these messages.
    public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
        return method.getFullMethodName()
                        .equals(EventStoreGrpc.getAppendEventMethod().getFullMethodName())
                ? (ClientCall<Q, S>) new Append(options, next)
                : next.newCall(method, options);
    }

    /** The appends of one context, a group at a time. */
    private static final class Lane {

        private final Queue<Append> waiting = new ArrayDeque<>();
        private boolean isBusy;

        void add(Append append) {
            synchronized (this) {
                waiting.add(append);
                if (isBusy) {
                    return;
                }
                isBusy = true;
            }
            sendNext();
        }

        synchronized boolean remove(Append append) {
            return waiting.remove(append);
        }

        private void sendNext() {
            List<Append> group = next();
            if (!group.isEmpty()) {
                new Group(group, this::sendNext).send();
            }
        }

        private synchronized List<Append> next() {
            List<Append> group = new ArrayList<>();
            int events = 0;
            while (!waiting.isEmpty() && events < MOST_EVENTS) {
                Append append = waiting.remove();
                events += append.events.size();
                group.add(append);
            }
            isBusy = !group.isEmpty();
            return group;
        }
    }

    /** Appends that go to the event store together. */
    private static final class Group extends ClientCall.Listener<Confirmation> {

        private final List<Append> appends;
        private final Runnable onEnd;
        private Confirmation confirmation;

        Group(List<Append> appends, Runnable onEnd) {
            this.appends = appends;
            this.onEnd = onEnd;
        }

        void send() {
            Append first = appends.get(0);
            ClientCall<Event, Confirmation> call =
                    first.next.newCall(EventStoreGrpc.getAppendEventMethod(), first.options);
            call.start(this, first.headers);
            call.request(2); // One that is too many would be noticed.
            appends.forEach(append -> append.events.forEach(call::sendMessage));
            call.halfClose();
        }

        @Override
        public void onMessage(Confirmation message) {
            confirmation = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            onEnd.run();
            if (appends.size() > 1 && trailers.containsKey(ERROR_CODE)) {
                appends.forEach(append -> new Group(List.of(append), () -> {}).send());
            } else {
                appends.forEach(append -> append.answer(confirmation, status, trailers));
            }
        }
    }

    /** One transaction of the connector: it goes when it is whole. */
    private final class Append extends ClientCall<Event, Confirmation> {

        private final CallOptions options;
        private final Channel next;
        private final List<Event> events = new ArrayList<>(1);
        private Listener<Confirmation> listener;
        private Metadata headers;
        private boolean isWhole;

        Append(CallOptions options, Channel next) {
            this.options = options;
            this.next = next;
        }

        @Override
        public void start(Listener<Confirmation> answers, Metadata all) {
            listener = answers;
            headers = all;
        }

        @Override
        public void request(int messages) {
            // The only one comes when it comes.
        }

        @Override
        public void sendMessage(Event event) {
            events.add(event);
        }

        @Override
        public void halfClose() {
            isWhole = true;
            lane().add(this);
        }

        /** One that has gone cannot be called back: it may be stored already. */
        @Override
        public void cancel(String message, Throwable cause) {
            if (!isWhole || lane().remove(this)) {
                answer(null, Status.CANCELLED.withDescription(message).withCause(cause), new Metadata());
            }
        }

        private Lane lane() {
            return lanes.computeIfAbsent(String.valueOf(headers.get(CONTEXT)), context -> new Lane());
        }

        private void answer(Confirmation confirmation, Status status, Metadata trailers) {
            if (confirmation != null) {
                listener.onMessage(confirmation);
            }
            listener.onClose(status, trailers);
        }
    }
}
