package florin.transfer.saga;

import florin.kit.Correlation;
import florin.transfer.api.TransferCommand;
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

    /** An attempt at a step; {@code correlationId} is that of the request for the transfer, or null if it had none. */
    void send(Object command, String correlationId, int attempt) {
        send(command, correlationId, attempt, answer -> {});
    }

    /** Hands on the answer of a command that was done. */
    void send(Object command, String correlationId, int attempt, Consumer<Object> onAnswer) {
        send(
                GenericCommandMessage.asCommandMessage(command).andMetaData(Map.of(Correlation.ATTEMPT, attempt)),
                correlationId,
                onAnswer);
    }

    /** What is said of a transfer, such as that it is to be parked: an attempt at nothing, and so without a number. */
    void tell(TransferCommand command, String correlationId) {
        tell(command, correlationId, answer -> {});
    }

    /** The same; hands on the answer. */
    void tell(TransferCommand command, String correlationId, Consumer<Object> onAnswer) {
        send(GenericCommandMessage.asCommandMessage(command), correlationId, onAnswer);
    }

    private void send(CommandMessage<Object> command, String correlationId, Consumer<Object> onAnswer) {
        CommandMessage<Object> message = command;
        if (correlationId != null) {
            message = message.andMetaData(Map.of(Correlation.KEY, correlationId));
        }
        try {
            gateway.send(
                    message,
                    (CommandMessage<?> sent, CommandResultMessage<?> result) -> answered(sent, result, onAnswer));
        } catch (RuntimeException away) {
            LOG.warn("{} could not be sent and will be sent again: {}", command.getPayload(), away.toString());
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
