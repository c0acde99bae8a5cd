package florin.kit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an alert is set on: event processors that do not go on, and events that were put aside.
 *
 * <p>{@code axon.event.processor.running} is 1 or 0; {@code axon.event.processor.error} is 1 while its events cannot be read, which
 * is tried again, at least once a minute; {@code axon.event.processor.failures} counts the batches that could not be handled or
 * written, each of which is tried again, at least once a minute; {@code axon.dead.letters} is the number of events that could not
 * be handled and of those behind them, as of some seconds ago, or NaN if the database did not tell then. Each has the tag
 * {@code processor}.
 */
final class ProcessorMeters implements MeterBinder, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessorMeters.class);
    private static final Duration PERIOD = Duration.ofSeconds(5);

    private final Supplier<Configuration> axon;
    /** The database may keep it waiting, as nobody who asks for metrics is to be. */
    private final ScheduledExecutorService counting =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("dead-letter-count"));

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
                            "axon.dead.letters", counted(letters), AtomicReference::get)
                    .tag("processor", name)
                    .register(registry));
        });
    }

    private AtomicReference<Double> counted(SequencedDeadLetterQueue<?> letters) {
        AtomicReference<Double> last = new AtomicReference<>(Double.NaN);
        ScheduledFuture<?> unused = counting.scheduleWithFixedDelay(
                () -> last.set(count(letters)), 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
        return last;
    }

    private static double count(SequencedDeadLetterQueue<?> letters) {
        try {
            return letters.size();
        } catch (RuntimeException | Error away) { // Thrown on, it would end the schedule.
            LOG.debug("Dead letters cannot be counted now", away);
            return Double.NaN;
        }
    }

    @Override
    public void close() {
        List<Runnable> unused = counting.shutdownNow();
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
