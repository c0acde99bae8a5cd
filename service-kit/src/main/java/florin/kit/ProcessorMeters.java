package florin.kit;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.axonframework.config.Configuration;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.messaging.deadletter.SequencedDeadLetterQueue;

/**
 * What an alert is set on: event processors that do not go on, and events that were put aside.
 *
 * <p>{@code axon.event.processor.running} is 1 or 0; {@code axon.event.processor.failing} is 1 while a processor waits to try
 * again what it could not handle; {@code axon.dead.letters} counts the events that could not be handled and those behind them.
 * Each has the tag {@code processor}.
 */
final class ProcessorMeters implements MeterBinder {

    private final Configuration axon;

    ProcessorMeters(Configuration axon) {
        this.axon = axon;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        EventProcessingConfiguration processing = axon.eventProcessingConfiguration();
        processing.eventProcessors().forEach((name, processor) -> {
            gauge(
                    Gauge.builder("axon.event.processor.running", processor, asked -> asked.isRunning() ? 1 : 0),
                    name,
                    registry);
            gauge(
                    Gauge.builder("axon.event.processor.failing", processor, asked -> asked.isError() ? 1 : 0),
                    name,
                    registry);
            processing
                    .deadLetterQueue(name)
                    .ifPresent(letters -> gauge(
                            Gauge.builder("axon.dead.letters", letters, SequencedDeadLetterQueue::size),
                            name,
                            registry));
        });
    }

    private static void gauge(Gauge.Builder<?> gauge, String processor, MeterRegistry registry) {
        gauge.tag("processor", processor).register(registry);
    }
}
