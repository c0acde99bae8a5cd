package florin.eventstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.platform.EventProcessors.ProcessorKey;
import florin.eventstore.platform.EventProcessors.Selector;
import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventProcessorsTest {
    private static final int PROCESSORS_OF_A_CLIENT = 1000;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final PlatformRpc platform = new PlatformRpc(
            NodeInfo::getDefaultInstance,
            new Clients(),
            new Topology(),
            timer,
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1));
    private final EventProcessors processors = new EventProcessors(platform, timer);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void asManyProcessorsAreBalancedAsThereMayBeAndNotOneMore() {
        for (int client = 0; client <= 10; client++) {
            connect("component " + client);
        }
        assertThat(processors.find(component(10))).hasSize(PROCESSORS_OF_A_CLIENT);
        for (int client = 0; client < 10; client++) {
            processors.balanceAutomatically(component(client), EventProcessors.BY_THREADS);
        }
        processors.balanceAutomatically(component(3), EventProcessors.BY_THREADS);

        assertThatThrownBy(() -> processors.balanceAutomatically(component(10), EventProcessors.BY_THREADS))
                .hasMessageContaining("no more than 10000 processors can be balanced");

        processors.balanceAutomatically(component(3), EventProcessors.NO_BALANCING);
        processors.balanceAutomatically(component(10), EventProcessors.BY_THREADS);
        assertThat(strategy(3)).isEqualTo(EventProcessors.NO_BALANCING);
        assertThat(strategy(4)).isEqualTo(EventProcessors.BY_THREADS);
        assertThat(strategy(10)).isEqualTo(EventProcessors.BY_THREADS);
    }

    private static Selector component(int client) {
        return new Selector("default", "component " + client, "", "");
    }

    private String strategy(int client) {
        return processors.strategy(new ProcessorKey("default", "999 of component " + client, ""));
    }

    private void connect(String component) {
        StreamObserver<PlatformInboundInstruction> client = platform.openStream(new Recorder<>());
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setRegister(ClientIdentification.newBuilder()
                        .setClientId("client of " + component)
                        .setComponentName(component))
                .build());
        for (int i = 0; i < PROCESSORS_OF_A_CLIENT; i++) {
            client.onNext(PlatformInboundInstruction.newBuilder()
                    .setEventProcessorInfo(EventProcessorInfo.newBuilder().setProcessorName(i + " of " + component))
                    .build());
        }
    }
}
