package florin.account.command;

import florin.account.api.AccountCommand;
import florin.kit.CachedAggregates;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import java.time.Clock;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.SnapshotTriggerDefinition;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.annotation.HandlerDefinition;
import org.axonframework.messaging.annotation.ParameterResolverFactory;
import org.axonframework.modelling.command.CommandTargetResolver;
import org.axonframework.modelling.command.Repository;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** How this service runs its aggregate and its one event processor. */
@Configuration(proxyBeanMethods = false)
class AccountConfiguration {

    /**
     * How many events are read at most, besides its snapshot, to know an account that is not in memory: in some milliseconds. It
     * is more where an account remembers more than {@link AccountSnapshots} writes for so many.
     */
    static final int EVENTS_PER_SNAPSHOT = 500;

    @Bean
    OpenAPI description(BranchProperties branch) {
        return new OpenAPI()
                .info(new Info().title("Accounts of branch " + branch.branch()).version("1"));
    }

    @Bean
    SnapshotTriggerDefinition accountSnapshots(EventStore events) {
        return new AccountSnapshots(events, EVENTS_PER_SNAPSHOT);
    }

    /** Axon's own looks for annotations in each command anew. */
    @Bean
    CommandTargetResolver accountOfCommand() {
        return command -> new VersionedAggregateIdentifier(((AccountCommand) command.getPayload()).iban(), null);
    }

    @Bean
    Repository<Account> accounts(
            EventStore events,
            SnapshotTriggerDefinition accountSnapshots,
            ParameterResolverFactory parameterResolvers,
            HandlerDefinition handlers) {
        return CachedAggregates.of(
                EventSourcingRepository.builder(Account.class)
                        .snapshotTriggerDefinition(accountSnapshots)
                        .parameterResolverFactory(parameterResolvers)
                        .handlerDefinition(handlers),
                events);
    }

    @Bean
    @ConditionalOnMissingBean
    Clock clock() {
        return Clock.systemUTC();
    }

    /** One segment keeps the order across accounts; an event that cannot be handled is tried again, never skipped. */
    @Bean
    ConfigurerModule registryProcessor() {
        return configurer -> configurer
                .eventProcessing()
                .registerPooledStreamingEventProcessor(
                        RegistryProjection.GROUP,
                        configuration -> configuration.eventStore(),
                        (configuration, builder) ->
                                builder.initialSegmentCount(1).batchSize(50))
                .registerListenerInvocationErrorHandler(
                        RegistryProjection.GROUP, configuration -> PropagatingErrorHandler.instance());
    }
}
