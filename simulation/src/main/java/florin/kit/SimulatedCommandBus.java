package florin.kit;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.axonframework.commandhandling.CommandCallback;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.GenericCommandResultMessage;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.messaging.DefaultInterceptorChain;
import org.axonframework.messaging.MessageHandler;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;

/**
 * The door by which the simulation comes to the bus of a process: what it does before an answer and after a conflict, over units of
 * work that end some time after they began.
 */
public final class SimulatedCommandBus extends LocalCommandBus {

    private final Units units;
    private final List<MessageHandlerInterceptor<? super CommandMessage<?>>> interceptors;

    /** Runs units of work. */
    public interface Units {

        /** Decides within a unit of work; tells how it ended, by an answer or an exception, or never. */
        void run(Callable<Object> decision, Consumer<Object> onEnd);
    }

    /** {@code asksBeforeItAnswers} as it must be, but for a deliberate bug. */
    public SimulatedCommandBus(Units units, boolean asksBeforeItAnswers) {
        super(SimpleCommandBus.builder(), fault -> Optional.empty());
        this.units = units;
        this.interceptors = asksBeforeItAnswers ? List.of(new CachedAggregates.FreshAnswers()) : List.of();
    }

    public void handle(
            CommandMessage<?> command, MessageHandler<? super CommandMessage<?>> handler, Consumer<Object> onEnd) {
        handle(
                command,
                handler,
                (CommandMessage<?> handled, CommandResultMessage<?> result) ->
                        onEnd.accept(result.isExceptional() ? result.exceptionResult() : result.getPayload()));
    }

    @Override
    @SuppressWarnings("unchecked") // The callback takes whatever the command answers.
    <C, R> void handleOnce(
            CommandMessage<C> command,
            MessageHandler<? super CommandMessage<?>> handler,
            CommandCallback<? super C, ? super R> callback) {
        units.run(
                () -> new DefaultInterceptorChain<>(
                                (UnitOfWork<? extends CommandMessage<?>>) CurrentUnitOfWork.get(),
                                interceptors,
                                handler)
                        .proceed(),
                outcome -> callback.onResult(
                        command,
                        outcome instanceof Throwable failure
                                ? GenericCommandResultMessage.asCommandResultMessage(failure)
                                : GenericCommandResultMessage.asCommandResultMessage((R) outcome)));
    }
}
