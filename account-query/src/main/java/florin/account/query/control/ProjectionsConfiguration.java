package florin.account.query.control;

import java.util.List;
import org.axonframework.config.ConfigurerModule;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Lets a new projection begin with the first event, and a replay begin without the dead letters of before. */
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
}
