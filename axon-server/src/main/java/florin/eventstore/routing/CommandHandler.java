package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One connected stream that handles commands: what waits for its permits, and what it has not answered yet. */
final class CommandHandler {
    /** Whatever a handler permits, it is not sent more than this before it has answered some. */
    private static final int MAX_IN_FLIGHT = 10_000;

    private final Outbound<CommandProviderInbound> out;
    private final WaitingLine<PendingCommand> queue = new WaitingLine<>();
    private final Map<String, PendingCommand> inFlight = new HashMap<>();
    private long permits;
    private boolean gone;
    /** Set by the first message of the stream that carries it. */
    private volatile String clientId = "unknown";

    CommandHandler(Outbound<CommandProviderInbound> out) {
        this.out = out;
        out.onReady(this::reads);
    }

    String clientId() {
        return clientId;
    }

    void clientId(String id) {
        clientId = id;
    }

    Outbound<CommandProviderInbound> out() {
        return out;
    }

    synchronized int waiting() {
        return queue.size();
    }

    synchronized int inFlight() {
        return inFlight.size();
    }

    synchronized void permit(long more) {
        permits = Math.max(0, permits) + Math.min(Math.max(0, more), Integer.MAX_VALUE);
        sendQueued();
    }

    private synchronized void reads() {
        sendQueued();
    }

    /** False if this handler is gone, and another one should have the command. */
    boolean dispatch(PendingCommand command) {
        String refusal;
        synchronized (this) {
            if (gone) {
                return false;
            }
            if (command.isDone()) {
                return true;
            }
            refusal = refusalFor(command);
            if (refusal == null) {
                queue.add(command);
                sendQueued();
            }
        }
        if (refusal != null) {
            command.fail(ErrorCategory.COMMAND_DISPATCH_ERROR, refusal);
        }
        return true;
    }

    private String refusalFor(PendingCommand command) {
        if (!queue.hasRoomFor(command)) {
            return "too many requests: " + queue.size() + " commands wait for handler " + clientId;
        }
        if (inFlight.containsKey(command.identifier())) {
            return "a command with identifier " + command.identifier() + " is being handled";
        }
        return null;
    }

    private void sendQueued() {
        while (permits > 0 && !queue.isEmpty() && inFlight.size() < MAX_IN_FLIGHT && out.hasRoom()) {
            PendingCommand next = queue.next();
            if (next.isDone()) {
                queue.remove();
                continue;
            }
            if (!out.send(CommandProviderInbound.newBuilder()
                    .setCommand(next.command())
                    .build())) {
                return; // It waits in the line for another handler, which gets it as this one leaves.
            }
            queue.remove();
            permits--;
            inFlight.put(next.identifier(), next);
            next.sent();
        }
    }

    void answered(CommandResponse response) {
        PendingCommand command;
        synchronized (this) {
            command = inFlight.remove(response.getRequestIdentifier());
            sendQueued();
        }
        if (command != null) {
            command.complete(response);
        }
    }

    /** The caller does not wait any more: the answer, if it comes, goes nowhere. */
    synchronized void forget(PendingCommand command) {
        if (!inFlight.remove(command.identifier(), command)) {
            queue.withdraw(command);
        }
        sendQueued();
    }

    /** It does not handle the command any more: what waited is returned so that another one can have it. */
    synchronized List<PendingCommand> unsubscribed(String command) {
        return queue.remove(waiting -> waiting.command().getName().equals(command));
    }

    /** Ends this handler; what it never saw is returned so that another one can have it. */
    List<PendingCommand> disconnect() {
        List<PendingCommand> lost;
        List<PendingCommand> unsent;
        synchronized (this) {
            gone = true;
            lost = new ArrayList<>(inFlight.values());
            unsent = queue.remove(waiting -> true);
            inFlight.clear();
        }
        for (PendingCommand command : lost) {
            command.fail(
                    ErrorCategory.COMMAND_DISPATCH_ERROR,
                    "connection to handler " + clientId + " lost while it handled the command");
        }
        return unsent;
    }
}
