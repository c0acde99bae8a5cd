package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.axonframework.config.Configuration;
import org.axonframework.config.Configurer;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.SimpleEventBus;
import org.axonframework.eventsourcing.eventstore.inmemory.InMemoryEventStorageEngine;
import org.axonframework.messaging.deadletter.InMemorySequencedDeadLetterQueue;
import org.junit.jupiter.api.Test;

class ProcessorMetersTest {

    private record Happened(boolean fails) {}

    static final class Listener {
        @EventHandler
        void on(Happened event) {
            if (event.fails()) {
                throw new IllegalStateException("as it was asked to");
            }
        }
    }

    @Test
    void a_batch_that_cannot_be_handled_is_counted() {
        AtomicReference<Configuration> axon = new AtomicReference<>();
        ProcessorMeters meters = new ProcessorMeters(axon::get);
        Configurer configurer = DefaultConfigurer.defaultConfiguration(false)
                .configureEventBus(configuration -> SimpleEventBus.builder().build());
        configurer
                .eventProcessing()
                .usingSubscribingEventProcessors()
                .registerDefaultListenerInvocationErrorHandler(configuration -> PropagatingErrorHandler.instance())
                .registerErrorHandler("listeners", configuration -> PropagatingErrorHandler.instance())
                .registerDefaultHandlerInterceptor((configuration, name) -> meters.counting(name))
                .assignHandlerInstancesMatching("listeners", Listener.class::isInstance)
                .registerEventHandler(configuration -> new Listener());
        axon.set(configurer.start());
        try {
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            meters.bindTo(registry);

            axon.get().eventBus().publish(GenericEventMessage.asEventMessage(new Happened(false)));
            assertThat(failures(registry)).isZero();
            assertThatThrownBy(
                            () -> axon.get().eventBus().publish(GenericEventMessage.asEventMessage(new Happened(true))))
                    .hasMessage("as it was asked to");
            assertThat(failures(registry)).isEqualTo(1);
            assertThat(registry.get("axon.event.processor.running")
                            .tag("processor", "listeners")
                            .gauge()
                            .value())
                    .isEqualTo(1);
        } finally {
            axon.get().shutdown();
        }
    }

    /** Of as many letters as it is told, once it tells. */
    private static final class SlowQueue extends InMemorySequencedDeadLetterQueue<EventMessage<?>> {
        private final CountDownLatch answered = new CountDownLatch(1);
        private final AtomicInteger faults = new AtomicInteger(1);

        private SlowQueue() {
            super(builder());
        }

        @Override
        public long size() {
            try {
                answered.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            if (faults.getAndDecrement() > 0) {
                throw new IllegalStateException("as it was asked to");
            }
            return 7;
        }
    }

    @Test
    void dead_letters_are_counted_while_nobody_waits_for_it_and_again_after_a_fault() {
        SlowQueue letters = new SlowQueue();
        Configurer configurer = DefaultConfigurer.defaultConfiguration(false)
                .configureEmbeddedEventStore(configuration -> new InMemoryEventStorageEngine());
        configurer
                .eventProcessing()
                .registerDeadLetterQueue("listeners", configuration -> letters)
                .assignHandlerInstancesMatching("listeners", Listener.class::isInstance)
                .registerEventHandler(configuration -> new Listener());
        Configuration axon = configurer.start();
        try (ProcessorMeters meters = new ProcessorMeters(() -> axon)) {
            SimpleMeterRegistry registry = new SimpleMeterRegistry();
            meters.bindTo(registry);
            Gauge gauge = registry.get("axon.dead.letters")
                    .tag("processor", "listeners")
                    .gauge();

            CompletableFuture<Double> asked = CompletableFuture.supplyAsync(gauge::value);
            assertThat(asked).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(Double.NaN);

            letters.answered.countDown();
            await().atMost(Duration.ofSeconds(60)).until(() -> gauge.value() == 7);
        } finally {
            letters.answered.countDown();
            axon.shutdown();
        }
    }

    private static double failures(SimpleMeterRegistry registry) {
        return registry.get("axon.event.processor.failures")
                .tag("processor", "listeners")
                .functionCounter()
                .count();
    }
}
