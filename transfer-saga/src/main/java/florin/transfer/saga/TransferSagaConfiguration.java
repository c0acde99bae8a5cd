package florin.transfer.saga;

import javax.sql.DataSource;
import org.axonframework.common.jpa.EntityManagerProvider;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.Configuration;
import org.axonframework.config.ConfigurationScopeAwareProvider;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.deadline.DeadlineManager;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.serialization.Serializer;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Puts the saga, its deadlines and the view to work: each event in order, none skipped. */
@org.springframework.context.annotation.Configuration(proxyBeanMethods = false)
class TransferSagaConfiguration {

    private static final int SEGMENTS = 4;
    private static final int BATCH_SIZE = 32;

    @Bean
    ConfigurerModule processors(TransferProperties properties) {
        return configurer -> configurer.eventProcessing(processing -> processing
                .registerPooledStreamingEventProcessor(
                        TransferSaga.PROCESSOR, Configuration::eventStore, (configuration, processor) -> processor
                                .initialToken(source -> source.createTokenSince(properties.lookBack()))
                                .initialSegmentCount(SEGMENTS)
                                .batchSize(BATCH_SIZE))
                .registerListenerInvocationErrorHandler(
                        TransferSaga.PROCESSOR, configuration -> PropagatingErrorHandler.instance())
                .registerPooledStreamingEventProcessor(
                        TransferView.PROCESSOR, Configuration::eventStore, (configuration, processor) -> processor
                                .initialToken(source -> source.createTailToken())
                                .initialSegmentCount(SEGMENTS)
                                .batchSize(BATCH_SIZE))
                .registerSequencingPolicy(TransferView.PROCESSOR, configuration -> TransferView::transferIdOf)
                .registerListenerInvocationErrorHandler(
                        TransferView.PROCESSOR, configuration -> PropagatingErrorHandler.instance()));
    }

    @Bean
    VersionedSagaStore sagaStore(EntityManagerProvider entities, Serializer serializer, JdbcClient jdbc) {
        return new VersionedSagaStore(entities, serializer, jdbc);
    }

    @Bean
    DeadlineManager deadlineManager(
            DataSource database,
            Configuration configuration,
            @Qualifier("eventSerializer") Serializer serializer,
            TransactionManager transactions) {
        return DurableDeadlines.create(
                database, new ConfigurationScopeAwareProvider(configuration), serializer, transactions);
    }
}
