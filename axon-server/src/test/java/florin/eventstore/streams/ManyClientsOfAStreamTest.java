package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.Open;
import io.axoniq.axonserver.grpc.streams.ProgressAcknowledgement;
import io.axoniq.axonserver.grpc.streams.StreamRequest;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import io.axoniq.axonserver.grpc.streams.UpdateStreamRequest;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManyClientsOfAStreamTest extends OneStreamService {
    /** What a client confirms when it has let go of a segment that was closed. */
    private static final long WORK_DONE = -45;

    private final List<StreamObserver<StreamRequest>> requests = new ArrayList<>();
    private final List<Recorder<StreamSignal>> clients = new ArrayList<>();

    @Test
    void asManyClientsAsThereMayBeShareAsManySegments() {
        for (int i = 0; i < 1000; i++) {
            join();
        }
        service.updateStream(
                UpdateStreamRequest.newBuilder()
                        .setStreamId("stream")
                        .setSegments(128)
                        .build(),
                new Recorder<>());
        requests.get(0)
                .onNext(StreamRequest.newBuilder()
                        .setAcknowledgeProgress(
                                ProgressAcknowledgement.newBuilder().setPosition(WORK_DONE))
                        .build());
        assertThat(clients.subList(0, 128))
                .extracting(client -> client.seen.get(client.seen.size() - 1))
                .allMatch(StreamSignal::hasOpen)
                .extracting(StreamSignal::getSegment)
                .doesNotHaveDuplicates();
        assertThat(clients.subList(128, 1000))
                .allSatisfy(client -> assertThat(client.seen).isEmpty());
        assertThatThrownBy(this::join).hasMessageContaining("1000 clients have persistent stream stream open already");

        requests.get(5).onCompleted();

        assertThat(clients.get(128).seen)
                .singleElement()
                .extracting(StreamSignal::getSegment)
                .isEqualTo(clients.get(5).seen.get(0).getSegment());
        join();
    }

    private void join() {
        Recorder<StreamSignal> client = new Recorder<>();
        StreamObserver<StreamRequest> opened = service.openStream(client);
        opened.onNext(StreamRequest.newBuilder()
                .setOpen(Open.newBuilder()
                        .setStreamId("stream")
                        .setClientId("client")
                        .setInitializationProperties(
                                InitializationProperties.newBuilder().setSegments(1)))
                .build());
        clients.add(client);
        requests.add(opened);
    }
}
