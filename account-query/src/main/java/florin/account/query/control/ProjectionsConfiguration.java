package florin.account.query.control;

import java.util.List;
import org.axonframework.config.ConfigurerModule;
import org.axonframework.eventhandling.deadletter.jdbc.DeadLetterSchema;
import org.axonframework.eventhandling.tokenstore.jdbc.TokenSchema;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Lets a new projection begin with the first event, and a replay begin without the dead letters of before; tells Axon our names
 * of its columns.
 */
@Configuration(proxyBeanMethods = false)
class ProjectionsConfiguration {

    static final List<String> PROJECTIONS = List.of("accounts", "entries");

    @Bean
    ConfigurerModule projectionProcessors() {
        return configurer -> configurer.eventProcessing(processing -> {
            // No token is before the first event; asking the event store for its tail would fail a start without it.
            processing.registerPooledStreamingEventProcessorConfiguration(
                    (configuration, builder) -> builder.initialToken(eventStore -> null));
            PROJECTIONS.forEach(name -> processing.registerDeadLetteringEventHandlerInvokerConfiguration(
                    name, (configuration, builder) -> builder.allowReset(true)));
        });
    }

    @Bean
    TokenSchema tokenSchema() {
        return TokenSchema.builder()
                .setTokenTable("token_entry")
                .setProcessorNameColumn("processor_name")
                .setTokenTypeColumn("token_type")
                .build();
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
