package florin.transfer.saga;

import florin.kit.Correlation;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Sends a step's command and leaves it at that: no answer, or a bad one, means "not now", and the deadline sends again. */
@Component
final class StepCommands {

    private static final Logger LOG = LoggerFactory.getLogger(StepCommands.class);

    private final CommandGateway gateway;
    private final TransferProperties properties;

    StepCommands(CommandGateway gateway, TransferProperties properties) {
        this.gateway = gateway;
        this.properties = properties;
    }

    Duration timeLimit() {
        return properties.timeLimit();
    }

    int mostAttempts() {
        return properties.attempts();
    }

    /** {@code correlationId} is that of the request for the transfer, or null if it had none. */
    void send(Object command, String correlationId, int attempt) {
        send(command, correlationId, attempt, answer -> {});
    }

    /** Hands on the answer of a command that was done. */
    void send(Object command, String correlationId, int attempt, Consumer<Object> onAnswer) {
        CommandMessage<Object> message =
                GenericCommandMessage.asCommandMessage(command).andMetaData(Map.of(Correlation.ATTEMPT, attempt));
        if (correlationId != null) {
            message = message.andMetaData(Map.of(Correlation.KEY, correlationId));
        }
        try {
            gateway.send(
                    message,
                    (CommandMessage<?> sent, CommandResultMessage<?> result) -> answered(sent, result, onAnswer));
        } catch (RuntimeException away) {
            LOG.warn("{} could not be sent and will be sent again: {}", command, away.toString());
        }
    }

    private static void answered(CommandMessage<?> sent, CommandResultMessage<?> result, Consumer<Object> onAnswer) {
        if (result.isExceptional()) {
            LOG.warn(
                    "{} was not done and will be sent again: {}",
                    sent.getPayload(),
                    result.exceptionResult().toString());
        } else {
            onAnswer.accept(result.getPayload());
        }
    }
}
