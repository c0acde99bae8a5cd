package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import florin.eventstore.AxonServerNode;
import florin.eventstore.NodeConfiguration;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.axonframework.axonserver.connector.AxonServerConnectionManager;
import org.axonframework.config.Configuration;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.config.ProcessingGroup;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.inmemory.InMemoryTokenStore;
import org.axonframework.serialization.SimpleSerializedType;
import org.axonframework.serialization.upcasting.event.IntermediateEventRepresentation;
import org.axonframework.serialization.upcasting.event.SingleEventUpcaster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** An event of a later version, in an event store of its own: it would stop the other tests' processors too. */
class UnknownEventTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String LATER = "florin.kit.LaterEvent";

    @TempDir
    private Path data;

    record Happened(int number) {}

    @ProcessingGroup("listeners")
    static class Listener {
        private final List<Integer> numbers = new CopyOnWriteArrayList<>();

        @EventHandler
        void on(Happened event) {
            numbers.add(event.number());
        }
    }

    /** Does what an upgrade does: from then on, the kind of event is known. */
    static class Upgrade extends SingleEventUpcaster {
        private final AtomicBoolean isDone = new AtomicBoolean();

        @Override
        protected boolean canUpcast(IntermediateEventRepresentation event) {
            return isDone.get() && event.getType().getName().equals(LATER);
        }

        @Override
        protected IntermediateEventRepresentation doUpcast(IntermediateEventRepresentation event) {
            return event.upcastPayload(
                    new SimpleSerializedType(Happened.class.getName(), null), byte[].class, payload -> payload);
        }
    }

    @EnableAutoConfiguration
    @Import(Listener.class)
    static class Application {
        @Bean
        Upgrade upgrade() {
            return new Upgrade();
        }

        @Bean
        TokenStore tokenStore() {
            return new InMemoryTokenStore();
        }

        @Bean
        ConfigurerModule listeners() {
            return configurer -> configurer
                    .eventProcessing()
                    .registerPooledStreamingEventProcessor(
                            "listeners", Configuration::eventStore, (axon, processor) -> processor
                                    .initialToken(first -> null)
                                    .initialSegmentCount(1));
        }
    }

    @Test
    void a_processor_stands_at_an_event_that_it_does_not_know_and_says_so_and_goes_on_from_there_once_it_knows_it()
            throws Exception {
        try (AxonServerNode node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
                ConfigurableApplicationContext service = start(node.grpcPort())) {
            List<Integer> handled = service.getBean(Listener.class).numbers;
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            service.getBean(ProcessorMeters.class).bindTo(meters);
            append(service, Happened.class.getName(), 1);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(handled).containsExactly(1));
            assertThat(error(meters)).isZero();

            append(service, LATER, 2);
            append(service, Happened.class.getName(), 3);
            await().atMost(PATIENCE).until(() -> error(meters) == 1);
            assertThat(handled).containsExactly(1);

            service.getBean(Upgrade.class).isDone.set(true);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(handled).containsExactly(1, 2, 3));
            await().atMost(PATIENCE).until(() -> error(meters) == 0);
        }
    }

    private static ConfigurableApplicationContext start(int eventStorePort) {
        return new SpringApplicationBuilder(Application.class)
                .run(
                        "--spring.config.import=classpath:florin-service.yml",
                        "--server.port=0",
                        "--axon.axonserver.servers=localhost:" + eventStorePort,
                        "--spring.datasource.url=" + TestPlatform.freshDatabaseUrl("unknown_event"),
                        "--spring.flyway.locations=" + KitTest.TABLES,
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres");
    }

    private static void append(ConfigurableApplicationContext service, String type, int number) throws Exception {
        service.getBean(AxonServerConnectionManager.class)
                .getConnection()
                .eventChannel()
                .appendEvents(Event.newBuilder()
                        .setMessageIdentifier(UUID.randomUUID().toString())
                        .setPayload(SerializedObject.newBuilder()
                                .setType(type)
                                .setData(ByteString.copyFromUtf8("{\"number\":" + number + "}")))
                        .build())
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static double error(SimpleMeterRegistry meters) {
        return meters.get("axon.event.processor.error")
                .tag("processor", "listeners")
                .gauge()
                .value();
    }
}
