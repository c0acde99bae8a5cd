package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.axonframework.axonserver.connector.AxonServerConfiguration;
import org.axonframework.axonserver.connector.event.axon.PersistentStreamMessageSource;
import org.axonframework.config.Configuration;
import org.axonframework.config.Configurer;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Axon Framework's subscribing processors on a persistent stream, in two instances of one application. */
class PersistentStreamFrameworkTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    record Counted(int number) {}

    static final class Counter {
        private final List<Integer> numbers = new CopyOnWriteArrayList<>();
        private final AtomicInteger failures = new AtomicInteger();

        @EventHandler
        void on(Counted event) {
            if (event.number() == 13 && failures.getAndIncrement() == 0) {
                throw new IllegalStateException("the first attempt fails");
            }
            numbers.add(event.number());
        }
    }

    @TempDir
    private Path data;

    private final List<Configuration> applications = new CopyOnWriteArrayList<>();
    private ScheduledExecutorService scheduler;
    private AxonServerNode node;

    @BeforeEach
    void start() {
        scheduler = Executors.newScheduledThreadPool(4);
        node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
    }

    @AfterEach
    void stop() {
        applications.forEach(Configuration::shutdown);
        scheduler.shutdownNow();
        node.close();
    }

    @Test
    void eachEventIsHandledOnceWhileInstancesComeAndGoAndAFailureIsTriedAgain() {
        Counter first = new Counter();
        Configuration application = application(first);
        publish(application, 0, 50);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(first.numbers)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 50).boxed().toList()));

        Counter second = new Counter();
        Configuration other = application(second);
        await().atMost(PATIENCE).untilAsserted(() -> {
            publish(application, 100, 101);
            assertThat(second.numbers).contains(100);
        });
        other.shutdown();
        applications.remove(other);
        publish(application, 200, 250);

        await().atMost(PATIENCE).untilAsserted(() -> {
            Set<Integer> seen = ConcurrentHashMap.newKeySet();
            seen.addAll(first.numbers);
            seen.addAll(second.numbers);
            assertThat(seen).containsAll(IntStream.range(200, 250).boxed().toList());
        });
        assertThat(first.failures).hasValue(2);
    }

    private Configuration application(Counter counter) {
        Configurer configurer = DefaultConfigurer.defaultConfiguration()
                .registerComponent(AxonServerConfiguration.class, configuration -> AxonServerConfiguration.builder()
                        .servers("localhost:" + node.grpcPort())
                        .componentName("counter")
                        .build())
                .configureSerializer(
                        configuration -> Jackson3Serializer.builder().build());
        configurer
                .eventProcessing()
                .registerEventHandler(configuration -> counter)
                .byDefaultAssignTo("counting")
                .registerSubscribingEventProcessor(
                        "counting",
                        configuration -> new PersistentStreamMessageSource(
                                "counting",
                                configuration,
                                new PersistentStreamProperties(
                                        "counting", 4, "FullConcurrencyPolicy", List.of(), "TAIL", ""),
                                scheduler,
                                1))
                .registerDefaultListenerInvocationErrorHandler(configuration -> PropagatingErrorHandler.instance());
        Configuration application = configurer.start();
        applications.add(application);
        return application;
    }

    private static void publish(Configuration application, int from, int to) {
        application
                .eventStore()
                .publish(IntStream.range(from, to)
                        .mapToObj(number -> GenericEventMessage.asEventMessage(new Counted(number)))
                        .toList());
    }
}
