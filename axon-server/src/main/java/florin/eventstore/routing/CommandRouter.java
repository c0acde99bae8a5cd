package florin.eventstore.routing;

import florin.eventstore.protocol.Instructions;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.command.Command;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Knows who handles which command in one context, and picks the handler by consistent hashing on the routing key. */
final class CommandRouter {
    private static final int DEFAULT_LOAD_FACTOR = 100;

    private record Route(Map<CommandHandler, Integer> weights, HashRing<CommandHandler> ring) {
        static final Route EMPTY = of(Map.of());

        static Route of(Map<CommandHandler, Integer> weights) {
            return new Route(weights, new HashRing<>(weights, CommandHandler::clientId));
        }
    }

    private final Map<String, Route> routes = new ConcurrentHashMap<>();

    /** The load factor that counts when a client wants this one. */
    static int loadFactor(int wanted) {
        return wanted <= 0 ? DEFAULT_LOAD_FACTOR : wanted;
    }

    void subscribe(String command, CommandHandler handler, int loadFactor) {
        routes.compute(command, (name, route) -> {
            Map<CommandHandler, Integer> weights = new LinkedHashMap<>(route == null ? Map.of() : route.weights());
            weights.put(handler, loadFactor);
            return Route.of(weights);
        });
    }

    void unsubscribe(String command, CommandHandler handler) {
        routes.computeIfPresent(command, (name, route) -> {
            Map<CommandHandler, Integer> weights = new LinkedHashMap<>(route.weights());
            weights.remove(handler);
            return weights.isEmpty() ? null : Route.of(weights);
        });
    }

    void disconnect(CommandHandler handler) {
        routes.forEach((command, route) -> {
            if (route.weights().containsKey(handler)) {
                unsubscribe(command, handler);
            }
        });
        handler.disconnect().forEach(this::dispatch);
    }

    void dispatch(PendingCommand pending) {
        Command command = pending.command();
        String key =
                Instructions.routingKey(command.getProcessingInstructionsList()).orElse(command.getMessageIdentifier());
        CommandHandler handler =
                routes.getOrDefault(command.getName(), Route.EMPTY).ring().memberFor(key);
        if (handler == null) {
            pending.fail(ErrorCategory.NO_HANDLER_FOR_COMMAND, "no handler for command " + command.getName());
            return;
        }
        pending.handler(handler);
        handler.dispatch(pending);
    }
}
