package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.atomic.AtomicReference;
import org.axonframework.config.Configuration;
import org.axonframework.config.Configurer;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.SimpleEventBus;
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

    private static double failures(SimpleMeterRegistry registry) {
        return registry.get("axon.event.processor.failures")
                .tag("processor", "listeners")
                .functionCounter()
                .count();
    }
}
