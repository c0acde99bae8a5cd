package florin.eventstore.routing;

import florin.eventstore.protocol.Instructions;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.command.Command;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Knows who handles which command in one context, and picks the handler by rendezvous hashing on the routing key. */
final class CommandRouter {
    private static final int DEFAULT_LOAD_FACTOR = 100;

    private final Map<String, RendezvousHash<CommandHandler>> routes = new ConcurrentHashMap<>();

    /** The load factor that counts when a client wants this one. */
    static int loadFactor(int wanted) {
        return wanted <= 0 ? DEFAULT_LOAD_FACTOR : wanted;
    }

    void subscribe(String command, CommandHandler handler, int loadFactor) {
        routes.compute(command, (name, present) -> {
            RendezvousHash<CommandHandler> handlers = present == null ? new RendezvousHash<>() : present;
            handlers.put(handler, handler.clientId(), loadFactor);
            return handlers;
        });
    }

    void unsubscribe(String command, CommandHandler handler) {
        remove(command, handler);
        handler.unsubscribed(command).forEach(this::dispatch);
    }

    private void remove(String command, CommandHandler handler) {
        routes.computeIfPresent(command, (name, handlers) -> {
            handlers.remove(handler);
            return handlers.isEmpty() ? null : handlers;
        });
    }

    void disconnect(CommandHandler handler) {
        routes.forEach((command, handlers) -> {
            if (handlers.contains(handler)) {
                remove(command, handler);
            }
        });
        handler.disconnect().forEach(this::dispatch);
    }

    void dispatch(PendingCommand pending) {
        Command command = pending.command();
        String key =
                Instructions.routingKey(command.getProcessingInstructionsList()).orElse(command.getMessageIdentifier());
        CommandHandler handler = memberFor(command.getName(), key);
        while (handler != null) {
            pending.handler(handler);
            if (handler.dispatch(pending)) {
                drainIfUnsubscribed(command.getName(), handler);
                return;
            }
            // It left after it was chosen.
            remove(command.getName(), handler);
            handler = memberFor(command.getName(), key);
        }
        pending.fail(ErrorCategory.NO_HANDLER_FOR_COMMAND, "no handler for command " + command.getName());
    }

    /** It may have unsubscribed after it was chosen, and then nobody else takes the command from its line. */
    private void drainIfUnsubscribed(String command, CommandHandler handler) {
        RendezvousHash<CommandHandler> handlers = routes.get(command);
        if (handlers == null || !handlers.contains(handler)) {
            handler.unsubscribed(command).forEach(this::dispatch);
        }
    }

    private CommandHandler memberFor(String command, String key) {
        RendezvousHash<CommandHandler> handlers = routes.get(command);
        return handlers == null ? null : handlers.memberFor(key);
    }
}
