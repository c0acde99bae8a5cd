package florin.kit;

import florin.account.api.AccountCommand;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.CommandCallback;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.commandhandling.GenericCommandResultMessage;
import org.axonframework.commandhandling.callbacks.NoOpCallback;
import org.axonframework.common.Registration;
import org.axonframework.lifecycle.Lifecycle;
import org.axonframework.lifecycle.Phase;
import org.axonframework.messaging.MessageDispatchInterceptor;
import org.axonframework.messaging.MessageHandler;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a command for an account to the branch that holds it, and has every other command handled in this process if it can be.
 *
 * <p>Axon Server routes by command name first, so the branch becomes part of the name: {@code Name@BRANCH}. The commands of an
 * account come by way of the router wherever they are sent from, so that those of one account meet in one process.
 */
final class BranchCommandBus implements CommandBus, Lifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(BranchCommandBus.class);
    static final int THREADS = 8;
    private static final long LONGEST_FINISH_SECONDS = 5;
    private static final long LONGEST_WAIT_SECONDS = 5;
    static final int MOST_WAITING = 1_000;

    private final CommandBus router;
    private final CommandBus local;
    private final Optional<String> branch;
    private final Set<String> handledHere = ConcurrentHashMap.newKeySet();
    private final List<MessageDispatchInterceptor<? super CommandMessage<?>>> interceptors =
            new CopyOnWriteArrayList<>();
    private final BooleanSupplier mayWait;
    private final ThreadPoolExecutor handling = new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            new DaemonThreads("local-command"),
            this::putIfThereIsRoom);

    /**
     * @param router takes what others handle
     * @param local handles what is handled here
     * @param branch the bank code that this process serves, if it serves one
     * @param mayWait whether the thread that sends one command too many may be kept waiting for a while, before it is refused
     */
    BranchCommandBus(CommandBus router, CommandBus local, Optional<String> branch, BooleanSupplier mayWait) {
        this.router = router;
        this.local = local;
        this.branch = branch;
        this.mayWait = mayWait;
    }

    @Override
    public <C> void dispatch(CommandMessage<C> command) {
        dispatch(command, NoOpCallback.INSTANCE);
    }

    @Override
    public <C, R> void dispatch(CommandMessage<C> command, CommandCallback<? super C, ? super R> callback) {
        if (command.getPayload() instanceof AccountCommand accountCommand) {
            router.dispatch(
                    new GenericCommandMessage<>(
                            command,
                            command.getCommandName() + "@"
                                    + accountCommand.iban().branch()),
                    callback);
        } else if (handledHere.contains(command.getCommandName())) {
            CommandMessage<C> intercepted = intercepted(command);
            try {
                handling.execute(() -> handle(intercepted, callback));
            } catch (ProblemException refused) {
                callback.onResult(intercepted, GenericCommandResultMessage.asCommandResultMessage(refused));
            }
        } else {
            router.dispatch(command, callback);
        }
    }

    /** Answers once, whatever happens: what fails before a unit of work has begun is thrown, not answered. */
    private <C, R> void handle(CommandMessage<C> command, CommandCallback<? super C, ? super R> callback) {
        AtomicBoolean isAnswered = new AtomicBoolean();
        try {
            local.<C, R>dispatch(command, (handled, result) -> {
                if (isAnswered.compareAndSet(false, true)) {
                    callback.onResult(handled, result);
                }
            });
        } catch (RuntimeException fault) {
            if (isAnswered.compareAndSet(false, true)) {
                callback.onResult(command, GenericCommandResultMessage.asCommandResultMessage(fault));
            }
        }
    }

    private void putIfThereIsRoom(Runnable task, ThreadPoolExecutor full) {
        if (full.isShutdown()) {
            throw new ProblemException(
                    ProblemType.BRANCH_UNAVAILABLE, "Nothing was done: this process is stopping; try again");
        }
        try {
            if (mayWait.getAsBoolean() && full.getQueue().offer(task, LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        throw new ProblemException(
                ProblemType.TOO_BUSY,
                "Nothing was done: " + MOST_WAITING + " commands wait here; try again with the same key");
    }

    @SuppressWarnings("unchecked") // An interceptor answers a message of the same payload.
    private <C> CommandMessage<C> intercepted(CommandMessage<C> command) {
        CommandMessage<?> intercepted = command;
        for (MessageDispatchInterceptor<? super CommandMessage<?>> interceptor : interceptors) {
            intercepted = (CommandMessage<?>) interceptor.handle(intercepted);
        }
        return (CommandMessage<C>) intercepted;
    }

    @Override
    public Registration subscribe(String commandName, MessageHandler<? super CommandMessage<?>> handler) {
        if (branch.isPresent() && isAccountCommand(commandName)) {
            return router.subscribe(
                    commandName + "@" + branch.get(),
                    message -> handler.handle(new GenericCommandMessage<>(message, commandName)));
        }
        Registration registration = router.subscribe(commandName, handler);
        handledHere.add(commandName);
        return () -> {
            handledHere.remove(commandName);
            return registration.cancel();
        };
    }

    @Override
    public Registration registerDispatchInterceptor(
            MessageDispatchInterceptor<? super CommandMessage<?>> dispatchInterceptor) {
        interceptors.add(dispatchInterceptor);
        Registration registration = router.registerDispatchInterceptor(dispatchInterceptor);
        return () -> {
            interceptors.remove(dispatchInterceptor);
            return registration.cancel();
        };
    }

    @Override
    public Registration registerHandlerInterceptor(
            MessageHandlerInterceptor<? super CommandMessage<?>> handlerInterceptor) {
        return router.registerHandlerInterceptor(handlerInterceptor);
    }

    @Override
    public void registerLifecycleHandlers(LifecycleRegistry lifecycle) {
        if (router instanceof Lifecycle routerLifecycle) {
            routerLifecycle.registerLifecycleHandlers(lifecycle);
        }
        lifecycle.onShutdown(Phase.LOCAL_MESSAGE_HANDLER_REGISTRATIONS, this::finish);
    }

    /** Those that were taken are handled while the event store is there. */
    private void finish() {
        handling.shutdown();
        try {
            if (!handling.awaitTermination(LONGEST_FINISH_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("{} commands are left behind", handling.shutdownNow().size());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
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
