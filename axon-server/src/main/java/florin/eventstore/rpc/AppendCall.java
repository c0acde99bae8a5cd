package florin.eventstore.rpc;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.NewEvent;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;

/** Collects the events of one transaction; nothing is stored unless the client completes its stream. */
final class AppendCall implements StreamObserver<NewEvent> {
    private static final int MAX_EVENTS = 32_768;
    private static final long MAX_BYTES = 32L << 20;

    static final Confirmation CONFIRMED =
            Confirmation.newBuilder().setSuccess(true).build();

    private final EventStorage storage;
    private final Outbound<Confirmation> out;
    private final List<NewEvent> events = new ArrayList<>();
    private long bytes;
    private boolean refused;

    AppendCall(EventStorage storage, StreamObserver<Confirmation> observer) {
        this.storage = storage;
        out = Outbound.of(observer, () -> {});
    }

    @Override
    public void onNext(NewEvent event) {
        if (refused) {
            return;
        }
        bytes += event.size();
        if (events.size() >= MAX_EVENTS || bytes > MAX_BYTES) {
            refuse(Refusal.payloadTooLarge(
                    "a transaction may hold " + MAX_EVENTS + " events and " + MAX_BYTES + " bytes at most"));
        } else {
            try {
                EventStoreRpc.validate(event.event());
                events.add(event);
            } catch (Refusal refusal) {
                refuse(refusal);
            }
        }
    }

    private void refuse(Refusal refusal) {
        refused = true;
        events.clear();
        out.fail(refusal);
    }

    @Override
    public void onError(Throwable reason) {
        events.clear();
    }

    @Override
    public void onCompleted() {
        if (refused) {
            return;
        }
        storage.append(events).whenComplete((index, failure) -> {
            if (failure != null) {
                out.fail(failure);
            } else {
                out.send(CONFIRMED);
                out.complete();
            }
        });
    }
}
