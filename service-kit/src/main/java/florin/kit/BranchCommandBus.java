package florin.kit;

import florin.account.api.AccountCommand;
import java.util.Optional;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.CommandCallback;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.common.Registration;
import org.axonframework.lifecycle.Lifecycle;
import org.axonframework.messaging.MessageDispatchInterceptor;
import org.axonframework.messaging.MessageHandler;
import org.axonframework.messaging.MessageHandlerInterceptor;

/**
 * Sends a command for an account to the branch that holds it.
 *
 * <p>Axon Server routes by command name first, so the branch becomes part of the name: {@code Name@BRANCH}. Every other
 * command passes unchanged.
 */
final class BranchCommandBus implements CommandBus, Lifecycle {

    private final CommandBus delegate;
    private final Optional<String> branch;

    /** {@code branch} is the bank code that this process serves, if it serves one. */
    BranchCommandBus(CommandBus delegate, Optional<String> branch) {
        this.delegate = delegate;
        this.branch = branch;
    }

    @Override
    public <C> void dispatch(CommandMessage<C> command) {
        delegate.dispatch(addressed(command));
    }

    @Override
    public <C, R> void dispatch(CommandMessage<C> command, CommandCallback<? super C, ? super R> callback) {
        delegate.dispatch(addressed(command), callback);
    }

    @Override
    public Registration subscribe(String commandName, MessageHandler<? super CommandMessage<?>> handler) {
        if (branch.isEmpty() || !isAccountCommand(commandName)) {
            return delegate.subscribe(commandName, handler);
        }
        return delegate.subscribe(
                commandName + "@" + branch.get(),
                message -> handler.handle(new GenericCommandMessage<>(message, commandName)));
    }

    @Override
    public Registration registerDispatchInterceptor(
            MessageDispatchInterceptor<? super CommandMessage<?>> dispatchInterceptor) {
        return delegate.registerDispatchInterceptor(dispatchInterceptor);
    }

    @Override
    public Registration registerHandlerInterceptor(
            MessageHandlerInterceptor<? super CommandMessage<?>> handlerInterceptor) {
        return delegate.registerHandlerInterceptor(handlerInterceptor);
    }

    @Override
    public void registerLifecycleHandlers(LifecycleRegistry lifecycle) {
        if (delegate instanceof Lifecycle delegateLifecycle) {
            delegateLifecycle.registerLifecycleHandlers(lifecycle);
        }
    }

    private static <C> CommandMessage<C> addressed(CommandMessage<C> command) {
        if (command.getPayload() instanceof AccountCommand accountCommand) {
            return new GenericCommandMessage<>(
                    command,
                    command.getCommandName() + "@" + accountCommand.iban().branch());
        }
        return command;
    }

    private static boolean isAccountCommand(String commandName) {
        for (Class<?> type : AccountCommand.class.getPermittedSubclasses()) {
            if (type.getName().equals(commandName)) {
                return true;
            }
        }
        return false;
    }
}
