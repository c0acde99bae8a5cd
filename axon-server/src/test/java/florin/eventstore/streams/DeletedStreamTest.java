package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.protocol.Recorder;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.NewEvent;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.DeleteStreamRequest;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.Open;
import io.axoniq.axonserver.grpc.streams.ProgressAcknowledgement;
import io.axoniq.axonserver.grpc.streams.Requests;
import io.axoniq.axonserver.grpc.streams.StreamRequest;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DeletedStreamTest extends OneStreamService {
    private static final String STREAM = "stream";

    private final Recorder<StreamSignal> client = new Recorder<>();

    @Test
    void progressThatIsConfirmedWhileAStreamIsDeletedDoesNotBringItBack() throws Exception {
        EventStorage storage = contexts.get("default");
        append(storage).get(30, TimeUnit.SECONDS);
        StreamObserver<StreamRequest> requests = service.openStream(client);
        requests.onNext(open("client"));
        requests.onNext(StreamRequest.newBuilder()
                .setRequests(Requests.newBuilder().setRequests(10))
                .build());
        await().until(() -> client.seen.stream().anyMatch(StreamSignal::hasEvent));
        CountDownLatch released = holdUpWriter(storage);
        Thread deletion = started(() -> service.deleteStream(
                DeleteStreamRequest.newBuilder().setStreamId(STREAM).build(), new Recorder<>()));
        await().until(() -> storage.waitingWrites() == 1);
        Thread confirmation = started(() -> requests.onNext(StreamRequest.newBuilder()
                .setAcknowledgeProgress(ProgressAcknowledgement.newBuilder().setPosition(0))
                .build()));
        await().until(() ->
                Set.of(Thread.State.BLOCKED, Thread.State.TERMINATED).contains(confirmation.getState()));

        released.countDown();
        deletion.join();
        confirmation.join();

        append(storage).get(30, TimeUnit.SECONDS);
        assertThat(client.ended).isTrue();
        assertThat(storage.streams()).isEmpty();
    }

    @Test
    void theNameOfAClientIsBounded() {
        StreamObserver<StreamRequest> requests = service.openStream(client);

        assertThatThrownBy(() -> requests.onNext(open("x".repeat(4097))))
                .hasMessageContaining("name of a client has 4096 characters at most");
    }

    /** After the next commit the thread that writes does nothing until it is released. */
    private static CountDownLatch holdUpWriter(EventStorage storage) throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        storage.onCommit(() -> {
            held.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        append(storage).get(30, TimeUnit.SECONDS);
        assertThat(held.await(30, TimeUnit.SECONDS)).isTrue();
        return released;
    }

    private static CompletableFuture<Long> append(EventStorage storage) {
        return storage.append(List.of(NewEvent.of(Event.getDefaultInstance()))).toCompletableFuture();
    }

    private static Thread started(Runnable step) {
        Thread thread = new Thread(step);
        thread.start();
        return thread;
    }

    private static StreamRequest open(String clientId) {
        return StreamRequest.newBuilder()
                .setOpen(Open.newBuilder()
                        .setStreamId(STREAM)
                        .setClientId(clientId)
                        .setInitializationProperties(
                                InitializationProperties.newBuilder().setSegments(1)))
                .build();
    }
}
