package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Empty;
import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.streams.CreateStreamRequest;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.ListStreamsRequest;
import io.axoniq.axonserver.grpc.streams.StreamStatus;
import io.axoniq.axonserver.grpc.streams.UpdateStreamRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UpdatedStreamTest extends OneStreamService {
    @BeforeEach
    void create() {
        service.createStream(
                CreateStreamRequest.newBuilder()
                        .setStreamId("stream")
                        .setInitializationProperties(InitializationProperties.newBuilder()
                                .setStreamName("name")
                                .setSegments(2))
                        .build(),
                new Recorder<>());
    }

    @Test
    void aRequestWhoseSegmentsAreRefusedDoesNotRename() {
        assertThatThrownBy(() -> update(129)).hasMessageContaining("1 to 128 segments");

        assertThat(status().getStreamName()).isEqualTo("name");
        assertThat(status().getSegmentsCount()).isEqualTo(2);
    }

    @Test
    void nameAndSegmentsChangeTogether() {
        assertThat(update(3).ended).isTrue();

        assertThat(status().getStreamName()).isEqualTo("another");
        assertThat(status().getSegmentsCount()).isEqualTo(3);
    }

    private Recorder<Empty> update(int segments) {
        Recorder<Empty> answer = new Recorder<>();
        service.updateStream(
                UpdateStreamRequest.newBuilder()
                        .setStreamId("stream")
                        .setStreamName("another")
                        .setSegments(segments)
                        .build(),
                answer);
        return answer;
    }

    private StreamStatus status() {
        Recorder<StreamStatus> list = new Recorder<>();
        service.listStreams(ListStreamsRequest.getDefaultInstance(), list);
        await().until(() -> list.ended);
        return list.seen.get(0);
    }
}
