package florin.transfer.saga;

import florin.kit.CachedAggregates;
import florin.kit.EventStoreMark;
import florin.kit.GatheringExecutor;
import florin.transfer.api.TransferCommand;
import java.time.Clock;
import java.time.Duration;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.Configuration;
import org.axonframework.config.ConfigurationScopeAwareProvider;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.deadline.DeadlineManager;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.StreamableMessageSource;
import org.axonframework.messaging.annotation.HandlerDefinition;
import org.axonframework.messaging.annotation.ParameterResolverFactory;
import org.axonframework.modelling.command.CommandTargetResolver;
import org.axonframework.modelling.command.Repository;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.axonframework.serialization.Serializer;
import org.springframework.context.annotation.Bean;

/** Puts the saga, its deadlines and the view to work: each event in order, none skipped. */
@org.springframework.context.annotation.Configuration(proxyBeanMethods = false)
class TransferSagaConfiguration {

    /** Axon gives each event of a saga to every segment, so that a second one is mostly work done twice. */
    private static final int SEGMENTS = 1;

    /** Where there are two segments nevertheless, each is worked off beside the other. */
    private static final int THREADS = 2;

    private static final int BATCH_SIZE = 256;
    private static final int PERIOD_TIMES_THE_WORK = 3;
    private static final Duration LONGEST_STEP_PERIOD = Duration.ofMillis(15);
    private static final Duration LONGEST_VIEW_PERIOD = Duration.ofMillis(30);

    @Bean
    ConfigurerModule processors(TransferProperties properties, SagaRows sagas) {
        return configurer -> configurer.eventProcessing(processing -> processing
                .registerPooledStreamingEventProcessor(
                        TransferSaga.PROCESSOR, Configuration::eventStore, (configuration, processor) -> processor
                                .initialToken(source -> firstToken(source, sagas, properties))
                                .workerExecutor(name -> GatheringExecutor.of(
                                        configuration, name, THREADS, PERIOD_TIMES_THE_WORK, LONGEST_STEP_PERIOD))
                                .initialSegmentCount(SEGMENTS)
                                .batchSize(BATCH_SIZE))
                .registerListenerInvocationErrorHandler(
                        TransferSaga.PROCESSOR, configuration -> PropagatingErrorHandler.instance())
                .registerPooledStreamingEventProcessor(
                        TransferView.PROCESSOR, Configuration::eventStore, (configuration, processor) -> processor
                                .initialToken(source -> source.createTailToken())
                                .workerExecutor(name -> GatheringExecutor.of(
                                        configuration, name, THREADS, PERIOD_TIMES_THE_WORK, LONGEST_VIEW_PERIOD))
                                .initialSegmentCount(SEGMENTS)
                                .batchSize(BATCH_SIZE))
                .registerSequencingPolicy(TransferView.PROCESSOR, configuration -> TransferView::transferIdOf)
                .registerListenerInvocationErrorHandler(
                        TransferView.PROCESSOR, configuration -> PropagatingErrorHandler.instance()));
    }

    /**
     * In the transaction that stores it. Sagas that are there before it have lost theirs, and with it perhaps events without which
     * they would never go on: they go too, and what is not final is driven by the reconciler.
     */
    private static TrackingToken firstToken(
            StreamableMessageSource<?> events, SagaRows sagas, TransferProperties properties) {
        sagas.deleteAll();
        return events.createTokenSince(properties.lookBack());
    }

    /** Axon's own looks for annotations in each command anew. */
    @Bean
    CommandTargetResolver transferOfCommand() {
        return command -> new VersionedAggregateIdentifier(((TransferCommand) command.getPayload()).transferId(), null);
    }

    @Bean
    Repository<Transfer> transfers(
            EventStore events, ParameterResolverFactory parameterResolvers, HandlerDefinition handlers) {
        return CachedAggregates.ofMostlyNew(
                EventSourcingRepository.builder(Transfer.class)
                        .parameterResolverFactory(parameterResolvers)
                        .handlerDefinition(handlers),
                events);
    }

    @Bean
    TransferSagaStore sagaStore(SagaRows rows, Serializer serializer) {
        return new TransferSagaStore(rows, serializer);
    }

    @Bean
    DeadlineManager deadlineManager(
            SagaRows rows,
            TransferSagaStore store,
            Configuration configuration,
            TransactionManager transactions,
            EventStoreMark mark) {
        return new SagaDeadlines(
                rows,
                store,
                new ConfigurationScopeAwareProvider(configuration),
                transactions,
                Clock.systemUTC(),
                mark::requireKnown);
    }

    @Bean
    TransferReconciler transferReconciler(
            TransferRows rows,
            TransferTimelines timelines,
            StepCommands commands,
            TransferProperties properties,
            EventStoreMark mark) {
        return new TransferReconciler(rows, timelines, commands, properties, mark::requireKnown);
    }
}
