package florin.kit;

import org.axonframework.commandhandling.CommandCallback;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.messaging.MessageHandler;

/**
 * Handles a command again whose aggregate was changed by another process meanwhile, or was not as new as it was taken to be
 * ({@link CachedAggregates}): twice at most, because the one may follow the other.
 */
final class LocalCommandBus extends SimpleCommandBus {

    private static final int MOST_REPETITIONS = 2;
    private static final int LONGEST_CHAIN = 10;

    LocalCommandBus(Builder builder) {
        super(builder);
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
        super.handle(
                command, handler, (CommandMessage<? extends C> handled, CommandResultMessage<? extends R> result) -> {
                    if (repetitions > 0 && result.isExceptional() && isConflict(result.exceptionResult())) {
                        handle(command, handler, callback, repetitions - 1);
                    } else {
                        callback.onResult(handled, result);
                    }
                });
    }

    private static boolean isConflict(Throwable fault) {
        Throwable cause = fault;
        for (int depth = 0; cause != null && depth < LONGEST_CHAIN; depth++) {
            if (Problems.isConflict(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }
}
