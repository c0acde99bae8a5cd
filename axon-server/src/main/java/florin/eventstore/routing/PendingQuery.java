package florin.eventstore.routing;

import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;

/** A query that its sender waits for, at one handler or at several; ends when all of them are done. */
final class PendingQuery implements Handler.Pending {
    /** How many results of a streaming query may be on their way before the sender has read some: of a mebibyte each, as many as fit. */
    private static final int WINDOW = 32;

    private final String identifier;
    private final String name;
    private final int bytes;
    private final long priority;
    private final Outbound<QueryResponse> sender;
    private final boolean streaming;
    /** Several results are wanted: each component has a part in it, and what some of them answer is an answer. */
    private final boolean scatter;

    private final Set<QueryHandler> awaited = new LinkedHashSet<>();
    /** Those of them that have yet to be sent the request. */
    private final Set<QueryHandler> unsent = new HashSet<>();

    private final Unread<QueryResponse> unread = new Unread<>();
    private QueryRequest request;
    private Future<?> timeout;
    private int sinceRefill;
    private boolean answered;
    private boolean ending;
    private boolean done;

    PendingQuery(QueryRequest request, Outbound<QueryResponse> sender) {
        streaming = Instructions.find(request.getProcessingInstructionsList(), ProcessingKey.CLIENT_SUPPORTS_STREAMING)
                .map(MetaDataValue::getBooleanValue)
                .orElse(false);
        scatter = Instructions.number(request.getProcessingInstructionsList(), ProcessingKey.NR_OF_RESULTS)
                        .orElse(1)
                != 1;
        this.request = streaming
                ? request.toBuilder()
                        .addProcessingInstructions(ProcessingInstruction.newBuilder()
                                .setKey(ProcessingKey.SERVER_SUPPORTS_STREAMING)
                                .setValue(MetaDataValue.newBuilder().setBooleanValue(true)))
                        .build()
                : request;
        this.sender = sender;
        identifier = request.getMessageIdentifier();
        name = request.getQuery();
        bytes = request.getSerializedSize();
        priority = Instructions.number(request.getProcessingInstructionsList(), ProcessingKey.PRIORITY)
                .orElse(0);
    }

    /** Null when no handler is to be sent it any more. */
    synchronized QueryRequest request() {
        return request;
    }

    @Override
    public String identifier() {
        return identifier;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int bytes() {
        return bytes;
    }

    @Override
    public long priority() {
        return priority;
    }

    /** The handler has the request, or will never: after the last one its content is not needed any more. */
    synchronized void sent(QueryHandler handler) {
        unsent.remove(handler);
        if (unsent.isEmpty()) {
            request = null;
        }
    }

    boolean isScatter() {
        return scatter;
    }

    boolean isStreaming() {
        return streaming;
    }

    long window() {
        return WINDOW;
    }

    @Override
    public synchronized boolean isDone() {
        return done;
    }

    synchronized void timeout(Future<?> scheduled) {
        timeout = scheduled;
        if (done) {
            scheduled.cancel(false);
        }
    }

    synchronized void await(Collection<QueryHandler> handlers) {
        awaited.addAll(handlers);
        unsent.addAll(handlers);
    }

    /** Another handler is awaited instead; false if the query was over meanwhile. */
    synchronized boolean replace(QueryHandler left, QueryHandler other) {
        unsent.remove(left); // It may be the other one too, if it has come back.
        if (!awaited.remove(left) || !awaited.add(other)) {
            return false;
        }
        unsent.add(other);
        return true;
    }

    void answered(QueryHandler handler, QueryResponse response) {
        int before;
        boolean overflow;
        synchronized (this) {
            if (done) {
                return;
            }
            before = unread.size();
            overflow = !unread.hasRoomFor(response) && !(unread.isEmpty() && sender.isReady());
            if (!overflow) {
                unread.add(response);
            }
            answered = true;
        }
        if (overflow) {
            fail(
                    ErrorCategory.QUERY_DISPATCH_ERROR,
                    before == 0 ? Room.TAKEN_BY_OTHERS : "the sender does not read " + before + " results");
        } else {
            flush();
        }
    }

    /** Sends what the sender has room for, and lets handlers send as much again. */
    void flush() {
        long refill = 0;
        List<QueryHandler> handlers = List.of();
        synchronized (this) {
            while (!done && !unread.isEmpty() && sender.isReady()) {
                sender.answer(unread.remove());
                sinceRefill++;
            }
            if (ending && unread.isEmpty()) {
                end();
            }
            if (streaming && !done && sinceRefill >= WINDOW / 2) {
                refill = sinceRefill;
                sinceRefill = 0;
                handlers = List.copyOf(awaited);
            }
        }
        for (QueryHandler handler : handlers) {
            handler.permitResults(identifier, refill);
        }
    }

    void handlerDone(QueryHandler handler) {
        synchronized (this) {
            sent(handler);
            if (!awaited.remove(handler) || !awaited.isEmpty()) {
                return;
            }
            ending = true;
        }
        flush();
    }

    /** The handler will not answer any more; of several, the others still may. */
    void handlerFailed(QueryHandler handler, String message) {
        if (scatter || isAnswered()) {
            handlerDone(handler);
        } else {
            fail(ErrorCategory.QUERY_DISPATCH_ERROR, message);
        }
    }

    /** The sender has the result, and must not be told of an error after it; of a stream of results the rest may be missing. */
    private synchronized boolean isAnswered() {
        return answered && unread.isEmpty() && !streaming;
    }

    void fail(ErrorCategory category, String message) {
        List<QueryHandler> handlers;
        synchronized (this) {
            if (done) {
                return;
            }
            handlers = List.copyOf(awaited);
            sender.send(QueryResponse.newBuilder()
                    .setMessageIdentifier(UUID.randomUUID().toString())
                    .setRequestIdentifier(identifier)
                    .setErrorCode(category.errorCode())
                    .setErrorMessage(Refusal.errorMessage(category, message))
                    .build());
            end();
        }
        handlers.forEach(handler -> handler.cancel(this));
    }

    void timedOut(long millis) {
        if (scatter || isAnswered()) {
            abandon();
        } else {
            fail(ErrorCategory.QUERY_DISPATCH_ERROR, "no answer to the query within " + millis + " ms");
        }
    }

    /** The sender went away, or has waited long enough for the rest. */
    void abandon() {
        List<QueryHandler> handlers;
        synchronized (this) {
            if (done) {
                return;
            }
            handlers = List.copyOf(awaited);
            end();
        }
        handlers.forEach(handler -> handler.cancel(this));
    }

    private void end() {
        done = true;
        unread.clear();
        awaited.clear();
        unsent.clear();
        request = null;
        if (timeout != null) {
            timeout.cancel(false);
        }
        sender.complete();
    }
}
