package florin.kit;

import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.function.Function;
import org.axonframework.axonserver.connector.ErrorCode;
import org.axonframework.commandhandling.CommandCallback;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.GenericCommandResultMessage;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.messaging.MessageHandler;
import org.axonframework.modelling.command.ConcurrencyException;

/**
 * Handles a command again whose aggregate was changed by another process meanwhile, or was not as new as it was taken to be
 * ({@link CachedAggregates}): twice at most, because the one may follow the other. Who sent it is let know a fault for what it is.
 */
class LocalCommandBus extends SimpleCommandBus {

    private static final int MOST_REPETITIONS = 2;
    private static final int LONGEST_CHAIN = 10;

    private final Function<Throwable, ? extends Optional<?>> details;

    /**
     * @param details what is told of a fault beside its text, if anything is known
     */
    LocalCommandBus(Builder builder, Function<Throwable, ? extends Optional<?>> details) {
        super(builder);
        this.details = details;
    }

    @Override
    protected <C, R> void handle(
            CommandMessage<C> command,
            MessageHandler<? super CommandMessage<?>> handler,
            CommandCallback<? super C, ? super R> callback) {
        handle(command, handler, callback, MOST_REPETITIONS);
    }

    private <C, R> void handle(
            CommandMessage<C> command,
            MessageHandler<? super CommandMessage<?>> handler,
            CommandCallback<? super C, ? super R> callback,
            int repetitions) {
        handleOnce(
                command, handler, (CommandMessage<? extends C> handled, CommandResultMessage<? extends R> result) -> {
                    if (repetitions > 0 && result.isExceptional() && isOfConflict(result.exceptionResult())) {
                        handle(command, handler, callback, repetitions - 1);
                    } else {
                        callback.onResult(handled, explained(result));
                    }
                });
    }

    private <R> CommandResultMessage<? extends R> explained(CommandResultMessage<? extends R> result) {
        if (!result.isExceptional()) {
            return result;
        }
        Throwable thrown = result.exceptionResult();
        return details.apply(thrown)
                .<CommandResultMessage<? extends R>>map(known -> new GenericCommandResultMessage<>(
                        new CommandExecutionException(thrown.toString(), thrown, known), result.getMetaData()))
                .orElse(result);
    }

    /** In one unit of work. */
    <C, R> void handleOnce(
            CommandMessage<C> command,
            MessageHandler<? super CommandMessage<?>> handler,
            CommandCallback<? super C, ? super R> callback) {
        super.handle(command, handler, callback);
    }

    private static boolean isOfConflict(Throwable fault) {
        Throwable cause = fault;
        for (int depth = 0; cause != null && depth < LONGEST_CHAIN; depth++) {
            if (isConflict(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** Whether it says that another event of the same number came first: at a commit the event store's own exception does. */
    static boolean isConflict(Throwable cause) {
        return cause instanceof ConcurrencyException
                || (cause instanceof StatusRuntimeException refused
                        && String.valueOf(refused.getMessage()).contains(ErrorCode.INVALID_EVENT_SEQUENCE.errorCode()));
    }
}
