package florin.kit;

import io.axoniq.axonserver.connector.ErrorCategory;
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
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends what several commands have to append at the same time as one transaction (group commit): while one is under way to the
 * event store, those of other commands wait, and go together when it is answered. For one channel, which is that of one context.
 *
 * <p>Each is still all or nothing, and none depends on another: when the event store refuses several that went together for what
 * may be the fault of one, each goes once more by itself, and has the answer that it deserves. When no answer comes, nobody knows,
 * as with one that went by itself.
 */
final class GatheredAppends implements ClientInterceptor {

    /** A group gets no further append once it has so many events. */
    static final int MOST_EVENTS = 100;

    /** Whoever appends has given up by then. Without an end the others would wait for ever. */
    private static final long LONGEST_SECONDS = 15;

    private static final Metadata.Key<String> ERROR_CODE =
            Metadata.Key.of("AxonIQ-ErrorCode", Metadata.ASCII_STRING_MARSHALLER);
    /** What is wrong with a transaction, not with the event store: nothing of it is stored. */
    private static final Set<String> FAULTS_OF_ONE = Set.of(
            ErrorCategory.INVALID_EVENT_SEQUENCE.errorCode(),
            ErrorCategory.EVENT_PAYLOAD_TOO_LARGE.errorCode(),
            ErrorCategory.VALIDATION_FAILED.errorCode());

    private static final Logger LOG = LoggerFactory.getLogger(GatheredAppends.class);

    private final Queue<Append> waiting = new ArrayDeque<>();
    private boolean isBusy;

    @Override
    @SuppressWarnings("unchecked") // It is the method of these messages.
    public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method, CallOptions options, Channel next) {
        return method.getFullMethodName()
                        .equals(EventStoreGrpc.getAppendEventMethod().getFullMethodName())
                ? (ClientCall<Q, S>) new Append(options, next)
                : next.newCall(method, options);
    }

    private void add(Append append) {
        synchronized (this) {
            waiting.add(append);
            if (isBusy) {
                return;
            }
            isBusy = true;
        }
        sendNext();
    }

    private synchronized boolean remove(Append append) {
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

    /** Appends that go to the event store together; it ends once, whatever happens. */
    private static final class Group extends ClientCall.Listener<Confirmation> {

        private final List<Append> appends;
        private final Runnable onEnd;
        private Confirmation confirmation;
        private boolean hasEnded;

        Group(List<Append> appends, Runnable onEnd) {
            this.appends = appends;
            this.onEnd = onEnd;
        }

        void send() {
            try {
                Append first = appends.get(0);
                ClientCall<Event, Confirmation> call = first.next.newCall(
                        EventStoreGrpc.getAppendEventMethod(),
                        first.options.withDeadlineAfter(LONGEST_SECONDS, TimeUnit.SECONDS));
                call.start(this, first.headers);
                call.request(1);
                appends.forEach(append -> append.events.forEach(call::sendMessage));
                call.halfClose();
            } catch (RuntimeException | Error fault) {
                onClose(Status.fromThrowable(fault), new Metadata());
            }
        }

        @Override
        public void onMessage(Confirmation message) {
            confirmation = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            synchronized (this) {
                if (hasEnded) {
                    return;
                }
                hasEnded = true;
            }
            try {
                onEnd.run();
            } finally {
                String code = trailers.get(ERROR_CODE);
                if (appends.size() > 1 && code != null && FAULTS_OF_ONE.contains(code)) {
                    appends.forEach(append -> new Group(List.of(append), () -> {}).send());
                } else {
                    appends.forEach(append -> append.answer(confirmation, status, trailers));
                }
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
            add(this);
        }

        /** One that has gone cannot be called back: it may be stored already. */
        @Override
        public void cancel(String message, Throwable cause) {
            if (!isWhole || remove(this)) {
                answer(null, Status.CANCELLED.withDescription(message).withCause(cause), new Metadata());
            }
        }

        private void answer(Confirmation confirmation, Status status, Metadata trailers) {
            try {
                if (confirmation != null) {
                    listener.onMessage(confirmation);
                }
                listener.onClose(status, trailers);
            } catch (RuntimeException | Error fault) { // Its own affair: the others are told.
                LOG.error("What was to be done with the answer to an append failed", fault);
            }
        }
    }
}
