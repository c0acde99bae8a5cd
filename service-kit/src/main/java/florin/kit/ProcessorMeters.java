package florin.kit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.axonframework.config.Configuration;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.messaging.InterceptorChain;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.deadletter.SequencedDeadLetterQueue;
import org.axonframework.messaging.unitofwork.BatchingUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;

/**
 * What an alert is set on: event processors that do not go on, and events that were put aside.
 *
 * <p>{@code axon.event.processor.running} is 1 or 0; {@code axon.event.processor.error} is 1 while its events cannot be read, which
 * is tried again, at least once a minute; {@code axon.event.processor.failures} counts the batches that could not be handled or
 * written, each of which is tried again, at least once a minute; {@code axon.dead.letters} is the number of events that could not
 * be handled and of those behind them. Each has the tag {@code processor}.
 */
final class ProcessorMeters implements MeterBinder {

    private final Supplier<Configuration> axon;
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

    ProcessorMeters(Supplier<Configuration> axon) {
        this.axon = axon;
    }

    /** Counts the failures of a processor. */
    MessageHandlerInterceptor<EventMessage<?>> counting(String processor) {
        return new Counting(failures(processor));
    }

    private LongAdder failures(String processor) {
        return failures.computeIfAbsent(processor, first -> new LongAdder());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        EventProcessingConfiguration processing = axon.get().eventProcessingConfiguration();
        processing.eventProcessors().forEach((name, processor) -> {
            Gauge.builder("axon.event.processor.running", processor, asked -> asked.isRunning() ? 1 : 0)
                    .tag("processor", name)
                    .register(registry);
            Gauge.builder("axon.event.processor.error", processor, asked -> asked.isError() ? 1 : 0)
                    .tag("processor", name)
                    .register(registry);
            FunctionCounter.builder("axon.event.processor.failures", failures(name), LongAdder::sum)
                    .tag("processor", name)
                    .register(registry);
            processing.deadLetterQueue(name).ifPresent(letters -> Gauge.builder(
                            "axon.dead.letters", letters, SequencedDeadLetterQueue::size)
                    .tag("processor", name)
                    .register(registry));
        });
    }

    private record Counting(LongAdder failures) implements MessageHandlerInterceptor<EventMessage<?>> {

        @Override
        public Object handle(UnitOfWork<? extends EventMessage<?>> unit, InterceptorChain chain) throws Exception {
            if (!(unit instanceof BatchingUnitOfWork<?> batch) || batch.isFirstMessage()) {
                unit.onRollback(failed -> failures.increment());
            }
            return chain.proceed();
        }
    }
}
