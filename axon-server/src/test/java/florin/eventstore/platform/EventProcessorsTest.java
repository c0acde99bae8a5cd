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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.stream.Collectors;
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
        assertThat(processors.list("default", "component 10")).hasSize(PROCESSORS_OF_A_CLIENT);
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

    @Test
    void thoseThatNoClientHasAnyMoreMakeRoomForOthersAndAreRememberedUntilThen() {
        List<StreamObserver<PlatformInboundInstruction>> clients = new ArrayList<>();
        for (int client = 0; client <= 10; client++) {
            clients.add(connect("component " + client));
        }
        for (int client = 0; client < 10; client++) {
            processors.balanceAutomatically(component(client), EventProcessors.BY_THREADS);
        }
        clients.get(3).onCompleted();
        assertThat(strategy(3)).isEqualTo(EventProcessors.BY_THREADS);

        processors.balanceAutomatically(component(10), EventProcessors.BY_THREADS);

        assertThat(strategy(3)).isEqualTo(EventProcessors.NO_BALANCING);
        assertThat(strategy(4)).isEqualTo(EventProcessors.BY_THREADS);
        assertThat(strategy(10)).isEqualTo(EventProcessors.BY_THREADS);
    }

    @Test
    void namesThatAreRememberedAreBounded() {
        StreamObserver<PlatformInboundInstruction> client = connect("client", "component");
        report(client, "x".repeat(4097), "store");
        assertThatThrownBy(() -> processors.balanceAutomatically(
                        new Selector("default", "component", "", ""), EventProcessors.BY_THREADS))
                .hasMessageContaining("name of an event processor has 4096 characters at most");
    }

    @Test
    void processorsAreListedByNameAndTokenStoreEachWithItsInstances() {
        StreamObserver<PlatformInboundInstruction> second = connect("second", "component");
        StreamObserver<PlatformInboundInstruction> first = connect("first", "component");
        StreamObserver<PlatformInboundInstruction> other = connect("third", "other");
        report(second, "projection", "store");
        report(second, "", "");
        report(first, "projection", "store");
        report(first, "audit", "store");
        report(other, "projection", "another");
        report(other, "projection", "store");
        report(first, "audit", "another");

        assertThat(listed("")).containsExactly(" second", "audit another first", "projection store first second third");
        assertThat(listed("component"))
                .containsExactly(" second", "audit another first", "projection store first second");

        second.onCompleted();
        report(other, "projection", "another");
        assertThat(listed(""))
                .containsExactly("audit another first", "projection another third", "projection store first");
        assertThat(processors.list("elsewhere", "")).isEmpty();
        assertThatThrownBy(() -> processors.pause(new Selector("default", "", "projection", "nowhere")))
                .hasMessageContaining("no connected client has a processor projection");
    }

    private List<String> listed(String component) {
        return processors
                .list("default", component)
                .map(instances -> instances.get(0).key().name()
                        + " " + instances.get(0).key().tokenStore()
                        + instances.stream()
                                .map(instance -> " " + instance.clientId())
                                .collect(Collectors.joining()))
                .map(text -> text.replace("  ", " "))
                .toList();
    }

    private static Selector component(int client) {
        return new Selector("default", "component " + client, "", "");
    }

    private String strategy(int client) {
        return processors.strategy(new ProcessorKey("default", "999 of component " + client, ""));
    }

    private StreamObserver<PlatformInboundInstruction> connect(String component) {
        StreamObserver<PlatformInboundInstruction> client = connect("client of " + component, component);
        for (int i = 0; i < PROCESSORS_OF_A_CLIENT; i++) {
            report(client, i + " of " + component, "");
        }
        return client;
    }

    private StreamObserver<PlatformInboundInstruction> connect(String clientId, String component) {
        StreamObserver<PlatformInboundInstruction> client = platform.openStream(new Recorder<>());
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setRegister(
                        ClientIdentification.newBuilder().setClientId(clientId).setComponentName(component))
                .build());
        return client;
    }

    private static void report(StreamObserver<PlatformInboundInstruction> client, String name, String tokenStore) {
        client.onNext(PlatformInboundInstruction.newBuilder()
                .setEventProcessorInfo(
                        EventProcessorInfo.newBuilder().setProcessorName(name).setTokenStoreIdentifier(tokenStore))
                .build());
    }
}
