package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.axonframework.modelling.command.AggregateLifecycle.apply;

import java.util.List;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.config.AggregateConfigurer;
import org.axonframework.config.Configuration;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.inmemory.InMemoryEventStorageEngine;
import org.axonframework.modelling.command.AggregateCreationPolicy;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.CreationPolicy;
import org.axonframework.modelling.command.TargetAggregateIdentifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is kept in memory is what was stored. */
class CachedAggregatesTest {

    private record Count(@TargetAggregateIdentifier String id) {}

    private record Counted(String id) {}

    public static final class Counter {
        @AggregateIdentifier
        private String id;

        private int count;

        Counter() {}

        @CommandHandler
        @CreationPolicy(AggregateCreationPolicy.CREATE_IF_MISSING)
        String handle(Count command) {
            apply(new Counted(command.id()));
            return id + " " + count;
        }

        @EventSourcingHandler
        void on(Counted event) {
            id = event.id();
            count++;
        }
    }

    private final Configuration axon = DefaultConfigurer.defaultConfiguration(false)
            .configureEmbeddedEventStore(configuration -> new Engine())
            .configureAggregate(AggregateConfigurer.defaultConfiguration(Counter.class)
                    .configureRepository(configuration -> CachedAggregates.of(
                            EventSourcingRepository.builder(Counter.class), configuration.eventStore())))
            .start();

    private boolean endsInAnError;

    @AfterEach
    void stop() {
        axon.shutdown();
    }

    @Test
    void whatAnErrorKeptFromBeingStoredIsNotRemembered() {
        assertThat(count()).isEqualTo("counter 1");
        endsInAnError = true;
        assertThatThrownBy(this::count).isInstanceOf(StackOverflowError.class);
        endsInAnError = false;

        assertThat(count()).isEqualTo("counter 2");
    }

    private String count() {
        return axon.commandGateway().sendAndWait(new Count("counter"));
    }

    private final class Engine extends InMemoryEventStorageEngine {
        @Override
        public void appendEvents(List<? extends EventMessage<?>> events) {
            if (endsInAnError) {
                throw new StackOverflowError("as it was asked to");
            }
            super.appendEvents(events);
        }
    }
}
