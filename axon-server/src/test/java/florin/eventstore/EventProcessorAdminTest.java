package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.ResultStream;
import io.axoniq.axonserver.connector.admin.AdminChannel;
import io.axoniq.axonserver.connector.control.ProcessorInstructionHandler;
import io.axoniq.axonserver.grpc.admin.EventProcessor;
import io.axoniq.axonserver.grpc.admin.EventProcessorInstance;
import io.axoniq.axonserver.grpc.admin.LoadBalancingStrategy;
import io.axoniq.axonserver.grpc.admin.Result;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event processors of two clients, steered by a third one through the connector's admin channel and over HTTP. */
class EventProcessorAdminTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path data;

    private NodeFixture fixture;
    private Processor first;
    private Processor second;
    private AdminChannel admin;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        first = new Processor(fixture.connect("component", "first", "default"), 0, 1, 2);
        second = new Processor(fixture.connect("component", "second", "default"), 3);
        admin = fixture.connect("admin").adminChannel();
        await().atMost(PATIENCE).until(() -> processors(admin.eventProcessors()).stream()
                .anyMatch(processor -> processor.getClientInstanceCount() == 2));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void processorsAreListedWithTheirSegmentsAtEachClient() throws Exception {
        EventProcessor processor = processors(admin.eventProcessors()).get(0);

        assertThat(processor.getIdentifier().getProcessorName()).isEqualTo("projection");
        assertThat(processor.getIdentifier().getTokenStoreIdentifier()).isEqualTo("store");
        assertThat(processor.getIdentifier().getContextName()).isEqualTo("default");
        assertThat(processor.getIsStreaming()).isTrue();
        assertThat(processor.getMode()).isEqualTo("Tracking");
        assertThat(processor.getClientInstanceList().stream().map(EventProcessorInstance::getClaimedSegmentCount))
                .containsExactly(3, 1);
        assertThat(processors(admin.eventProcessorsByComponent("component"))).hasSize(1);
        assertThat(processors(admin.eventProcessorsByComponent("unknown"))).isEmpty();
        assertThat(fixture.http("GET", "/v1/components/component/processors", "")
                        .body())
                .contains("\"name\":\"projection\"", "\"clientId\":\"first\"", "\"segmentId\":3");
        assertThat(fixture.http("GET", "/v1/components/component/processors?context=other", "")
                        .body())
                .isEqualTo("[]");
    }

    @Test
    void pauseAndStartReachEveryClientBeforeTheyAreAnswered() throws Exception {
        assertThat(admin.pauseEventProcessor("projection", "store").get(30, TimeUnit.SECONDS))
                .isEqualTo(Result.SUCCESS);
        assertThat(first.calls).containsExactly("pause");
        assertThat(second.calls).containsExactly("pause");
        assertThat(admin.startEventProcessor("projection", "store").get(30, TimeUnit.SECONDS))
                .isEqualTo(Result.SUCCESS);
        assertThat(first.calls).containsExactly("pause", "start");
        assertThat(second.calls).containsExactly("pause", "start");
    }

    @Test
    void theLargestSegmentIsSplitAndTheSmallestMergedWithItsOtherHalf() throws Exception {
        admin.splitEventProcessor("projection", "store").get(30, TimeUnit.SECONDS);
        assertThat(first.calls).containsExactly("split 0");
        admin.mergeEventProcessor("projection", "store").get(30, TimeUnit.SECONDS);
        // Segment 1 of 4 and segment 3 of 4 are the halves of segment 1 of 2; segment 3 is at the other client.
        assertThat(first.calls).containsExactly("split 0", "merge 1");
        assertThat(second.calls).containsExactly("release 3");
    }

    @Test
    void aSegmentMovesBecauseTheOtherClientsLetItGo() throws Exception {
        admin.moveEventProcessorSegment("projection", "store", 2, "second").get(30, TimeUnit.SECONDS);
        assertThat(first.calls).containsExactly("release 2");
        assertThat(second.calls).isEmpty();
        assertThat(fixture.http(
                                "PATCH",
                                "/v1/components/component/processors/projection/segments/3/move"
                                        + "?tokenStoreIdentifier=store&context=default&target=first",
                                "")
                        .statusCode())
                .isEqualTo(200);
        assertThat(second.calls).containsExactly("release 3");
        assertThatThrownBy(() -> admin.moveEventProcessorSegment("projection", "store", 2, "nobody")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("does not run at client nobody");
    }

    @Test
    void balancingGivesEachClientAsManySegments() throws Exception {
        assertThat(admin.getBalancingStrategies().get(30, TimeUnit.SECONDS).stream()
                        .map(LoadBalancingStrategy::getStrategy))
                .containsExactly("default", "threadNumber");
        admin.loadBalanceEventProcessor("projection", "store", "default").get(30, TimeUnit.SECONDS);
        assertThat(first.calls).isEmpty();
        admin.loadBalanceEventProcessor("projection", "store", "threadNumber").get(30, TimeUnit.SECONDS);
        assertThat(first.calls).hasSize(1).allMatch(call -> call.startsWith("release"));
        assertThat(second.calls).isEmpty();

        admin.setAutoLoadBalanceStrategy("projection", "store", "threadNumber").get(30, TimeUnit.SECONDS);
        assertThat(processors(admin.eventProcessors()).get(0).getLoadBalancingStrategyName())
                .isEqualTo("threadNumber");
        await().atMost(Duration.ofSeconds(60)).until(() -> first.calls.size() > 1);
        assertThatThrownBy(() -> admin.loadBalanceEventProcessor("projection", "store", "magic")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("unknown strategy magic");
    }

    @Test
    void aProcessorThatNobodyHasIsNotFound() {
        assertThatThrownBy(() -> admin.pauseEventProcessor("unknown", "store").get(30, TimeUnit.SECONDS))
                .hasMessageContaining("no connected client has a processor unknown");
        assertThatThrownBy(() ->
                        admin.pauseEventProcessor("projection", "other store").get(30, TimeUnit.SECONDS))
                .hasMessageContaining("no connected client has a processor projection");
    }

    private static List<EventProcessor> processors(ResultStream<EventProcessor> stream) throws InterruptedException {
        List<EventProcessor> found = new ArrayList<>();
        for (EventProcessor next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
                next != null;
                next = stream.nextIfAvailable(30, TimeUnit.SECONDS)) {
            found.add(next);
        }
        return found;
    }

    /** Segments of four, and a record of what the node asked for. */
    private static final class Processor implements ProcessorInstructionHandler {
        private final Set<Integer> segments = new ConcurrentSkipListSet<>();
        private final List<String> calls = new CopyOnWriteArrayList<>();

        Processor(AxonServerConnection connection, Integer... claimed) {
            segments.addAll(List.of(claimed));
            connection.controlChannel().registerEventProcessor("projection", this::info, this);
        }

        private EventProcessorInfo info() {
            EventProcessorInfo.Builder info = EventProcessorInfo.newBuilder()
                    .setProcessorName("projection")
                    .setTokenStoreIdentifier("store")
                    .setMode("Tracking")
                    .setIsStreamingProcessor(true)
                    .setRunning(true)
                    .setActiveThreads(segments.size())
                    .setAvailableThreads(4);
            for (int segment : segments) {
                info.addSegmentStatus(EventProcessorInfo.SegmentStatus.newBuilder()
                        .setSegmentId(segment)
                        .setOnePartOf(segment == 0 ? 2 : 4));
            }
            return info.build();
        }

        @Override
        public CompletableFuture<Boolean> releaseSegment(int segment) {
            return record("release " + segment, true);
        }

        @Override
        public CompletableFuture<Boolean> splitSegment(int segment) {
            return record("split " + segment, true);
        }

        @Override
        public CompletableFuture<Boolean> mergeSegment(int segment) {
            return record("merge " + segment, true);
        }

        @Override
        public CompletableFuture<Void> pauseProcessor() {
            return record("pause", null);
        }

        @Override
        public CompletableFuture<Void> startProcessor() {
            return record("start", null);
        }

        private <T> CompletableFuture<T> record(String call, T result) {
            calls.add(call);
            return CompletableFuture.completedFuture(result);
        }
    }
}
