package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.axonframework.config.Configuration;
import org.axonframework.config.Configurer;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventsourcing.eventstore.inmemory.InMemoryEventStorageEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Batches as a processor of Axon's handles them. */
class EventBatchTest {

    private record Happened(int number) {}

    /** Fails in the ways that it is given, one each time. */
    public final class Listener {
        @EventHandler
        void on(Happened event) {
            List<Integer> batch = EventBatch.work("written", CopyOnWriteArrayList::new, written -> {
                if (failures.compareAndSet(WHEN_WRITTEN, NEVER)) {
                    throw new StackOverflowError("as it was asked to, when written");
                }
                handled.addAll(written);
            });
            if (failures.compareAndSet(WHEN_HANDLED, WHEN_WRITTEN)) {
                throw new StackOverflowError("as it was asked to, when handled");
            }
            batch.add(event.number());
        }
    }

    private static final int NEVER = 0;
    private static final int WHEN_WRITTEN = 1;
    private static final int WHEN_HANDLED = 2;

    private final AtomicInteger failures = new AtomicInteger(WHEN_HANDLED);
    private final List<Integer> handled = new CopyOnWriteArrayList<>();
    private Configuration axon;

    @AfterEach
    void stop() {
        axon.shutdown();
    }

    @Test
    void aBatchThatEndedInAnErrorIsTriedAgain() {
        Configurer configurer = DefaultConfigurer.defaultConfiguration(false)
                .configureEmbeddedEventStore(configuration -> new InMemoryEventStorageEngine());
        configurer
                .eventProcessing()
                // What a failure has released is claimed again at once, not after 5 s.
                .usingPooledStreamingEventProcessors((configuration, processor) -> processor.tokenClaimInterval(100))
                .registerDefaultListenerInvocationErrorHandler(configuration -> PropagatingErrorHandler.instance())
                .registerDefaultHandlerInterceptor((configuration, name) -> new EventBatch.Handling())
                .assignHandlerInstancesMatching("listeners", Listener.class::isInstance)
                .registerEventHandler(configuration -> new Listener());
        axon = configurer.start();

        axon.eventBus().publish(GenericEventMessage.asEventMessage(new Happened(1)));

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(handled).containsExactly(1));
        assertThat(failures).hasValue(NEVER);
    }
}
