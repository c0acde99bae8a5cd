package florin.eventstore.rpc;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.NewEvent;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Collects the events of one transaction; nothing is stored unless the client completes its stream. What all calls have
 * collected and not yet handed to the writer, which has a bound of its own, is bounded too: a client may take its time.
 */
final class AppendCall implements StreamObserver<NewEvent> {
    private static final int MAX_EVENTS = 32_768;
    private static final long MAX_BYTES = 32L << 20;

    /** Of all calls together: an eighth of the heap, and the largest transaction in any case. */
    static final long MAX_UNFINISHED_BYTES = Math.max(
            MAX_BYTES + (long) MAX_EVENTS * NewEvent.OVERHEAD_BYTES,
            Runtime.getRuntime().maxMemory() / 8);

    static final Confirmation CONFIRMED =
            Confirmation.newBuilder().setSuccess(true).build();

    private final EventStorage storage;
    private final Outbound<Confirmation> out;
    private final AtomicLong unfinishedBytes;
    private List<NewEvent> events = new ArrayList<>();
    private long bytes;
    private long counted;
    private boolean ended;

    /**
     * @param unfinishedBytes what all calls have collected, this one among them
     */
    AppendCall(EventStorage storage, AtomicLong unfinishedBytes, StreamObserver<Confirmation> observer) {
        this.storage = storage;
        this.unfinishedBytes = unfinishedBytes;
        out = Outbound.of(observer, this::end);
    }

    @Override
    public void onNext(NewEvent event) {
        if (ended) {
            return;
        }
        bytes += event.size();
        if (events.size() >= MAX_EVENTS || bytes > MAX_BYTES) {
            refuse(Refusal.payloadTooLarge(
                    "a transaction may hold " + MAX_EVENTS + " events and " + MAX_BYTES + " bytes at most"));
        } else if (!count(event.size() + NewEvent.OVERHEAD_BYTES)) {
            refuse(Refusal.tooManyRequests(
                    ErrorCategory.DATAFILE_WRITE_ERROR,
                    "transactions that clients have begun and not completed hold " + MAX_UNFINISHED_BYTES
                            + " bytes already; try again later"));
        } else {
            try {
                EventStoreRpc.validate(event.event());
                events.add(event);
            } catch (Refusal refusal) {
                refuse(refusal);
            }
        }
    }

    private boolean count(long more) {
        counted += more;
        return unfinishedBytes.addAndGet(more) <= MAX_UNFINISHED_BYTES;
    }

    private void refuse(Refusal refusal) {
        end();
        out.fail(refusal);
    }

    /** Nothing more is collected, whoever ended the call; called once or more. */
    private void end() {
        ended = true;
        events = List.of(); // The writer may have the list.
        unfinishedBytes.addAndGet(-counted);
        counted = 0;
    }

    @Override
    public void onError(Throwable reason) {
        end();
    }

    @Override
    public void onCompleted() {
        if (ended) {
            return;
        }
        List<NewEvent> transaction = events;
        end();
        storage.append(transaction).whenComplete((index, failure) -> {
            if (failure != null) {
                out.fail(failure);
            } else {
                out.send(CONFIRMED);
                out.complete();
            }
        });
    }
}
