package florin.account.query.control;

import florin.kit.DeadLetterPolicy;
import florin.kit.GatheringExecutor;
import java.time.Duration;
import org.axonframework.common.jdbc.ConnectionProvider;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.config.Configuration;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.eventhandling.deadletter.jdbc.DeadLetterSchema;
import org.axonframework.eventhandling.deadletter.jdbc.JdbcSequencedDeadLetterQueue;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.eventhandling.tokenstore.jdbc.TokenSchema;
import org.axonframework.lifecycle.Phase;
import org.axonframework.serialization.Serializer;
import org.axonframework.springboot.TokenStoreProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;

/** Puts the projections to work, from the first event on. */
@org.springframework.context.annotation.Configuration(proxyBeanMethods = false)
class ProjectionsConfiguration {

    /** A batch costs a transaction and some statements, whatever its size; a segment makes batches of its own. */
    private static final int SEGMENTS = 2;

    private static final int BATCH_SIZE = 512;
    /** Nobody waits for it as a transfer waits for its next step. */
    private static final int PERIOD_TIMES_THE_WORK = 12;

    private static final Duration LONGEST_PERIOD = Duration.ofMillis(50);

    @Bean
    ConfigurerModule projectionProcessors() {
        return configurer -> configurer.eventProcessing(
                processing -> Projections.processors().forEach(name -> processing
                        .registerPooledStreamingEventProcessor(
                                name, Configuration::eventStore, (axon, processor) -> processor
                                        // No token is before the first event; asking the event store for its tail would
                                        // fail a
                                        // start without it.
                                        .initialToken(eventStore -> null)
                                        .workerExecutor(worker -> GatheringExecutor.of(
                                                axon, worker, SEGMENTS, PERIOD_TIMES_THE_WORK, LONGEST_PERIOD))
                                        .initialSegmentCount(SEGMENTS)
                                        .batchSize(BATCH_SIZE))
                        .registerDeadLetterQueue(name, axon -> JdbcSequencedDeadLetterQueue.builder()
                                .processingGroup(name)
                                .connectionProvider(axon.getComponent(ConnectionProvider.class))
                                .transactionManager(axon.getComponent(TransactionManager.class))
                                .schema(axon.getComponent(DeadLetterSchema.class))
                                .genericSerializer(axon.serializer())
                                .eventSerializer(axon.eventSerializer())
                                .build())
                        // Without the cache each event would cost a statement that asks for its predecessors.
                        .registerDeadLetteringEventHandlerInvokerConfiguration(
                                name, (axon, invoker) -> invoker.enqueuePolicy(new DeadLetterPolicy())
                                        .enableSequenceIdentifierCache())));
    }

    @Bean
    ConfigurerModule replaysThatGoOn(ObjectProvider<Replays> replays) {
        return configurer -> configurer.onInitialize(axon -> {
            axon.onStart(
                    Phase.INBOUND_EVENT_CONNECTORS, () -> replays.getObject().start());
            axon.onShutdown(
                    Phase.INBOUND_EVENT_CONNECTORS, () -> replays.getObject().stop());
        });
    }

    @Bean
    TokenStore tokenStore(
            ConnectionProvider connections,
            Serializer serializer,
            TokenSchema schema,
            TokenStoreProperties properties,
            GenerationRows generations) {
        return new GenerationTokens(
                JdbcTokenStore.builder()
                        .connectionProvider(connections)
                        .serializer(serializer)
                        .schema(schema)
                        .claimTimeout(properties.getClaimTimeout())
                        .nodeId(TokenRows.OWN_NODE),
                generations);
    }

    @Bean
    DeadLetterSchema deadLetterSchema() {
        return DeadLetterSchema.builder()
                .deadLetterTable("dead_letter_entry")
                .deadLetterIdentifierColumn("dead_letter_id")
                .processingGroupColumn("processing_group")
                .sequenceIdentifierColumn("sequence_identifier")
                .sequenceIndexColumn("sequence_index")
                .messageTypeColumn("message_type")
                .eventIdentifierColumn("event_identifier")
                .timestampColumn("time_stamp")
                .payloadTypeColumn("payload_type")
                .payloadRevisionColumn("payload_revision")
                .metaDataColumn("meta_data")
                .aggregateTypeColumn("type")
                .aggregateIdentifierColumn("aggregate_identifier")
                .sequenceNumberColumn("sequence_number")
                .tokenTypeColumn("token_type")
                .enqueuedAtColumn("enqueued_at")
                .lastTouchedColumn("last_touched")
                .processingStartedColumn("processing_started")
                .causeTypeColumn("cause_type")
                .causeMessageColumn("cause_message")
                .build();
    }
}
