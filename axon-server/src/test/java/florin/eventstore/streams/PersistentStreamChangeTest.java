package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.storage.StorageResources;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import java.nio.file.Path;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentStreamChangeTest {
    @TempDir
    private Path folder;

    @Test
    void aChangeThatCannotBeKeptChangesNothing() {
        try (StorageResources resources = new StorageResources(folder.resolve("native"))) {
            EventStorage storage = EventStorage.open(folder.resolve("store"), resources, StorageConfiguration.DEFAULT);
            ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
            StreamState state = new StreamState(
                    InitializationProperties.newBuilder()
                            .setStreamName("name")
                            .setSegments(4)
                            .setSequencingPolicy(
                                    SequencingPolicy.newBuilder().setPolicyName("SequentialPerAggregatePolicy"))
                            .build(),
                    -1);
            PersistentStream stream = new PersistentStream("stream", state, storage, timer, timer);
            assertThat(stream.resize(3, "").toCompletableFuture()).isCompleted();
            assertThat(stream.status().getSegmentsCount()).isEqualTo(3);
            storage.close(); // Nothing can be written any more.

            assertThat(stream.resize(2, "").toCompletableFuture()).isCompletedExceptionally();

            assertThat(stream.status().getSegmentsCount()).isEqualTo(3);
            timer.shutdownNow();
        }
    }
}
