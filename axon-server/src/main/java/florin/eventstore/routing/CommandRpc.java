package florin.eventstore.routing;

import florin.eventstore.platform.Clients;
import florin.eventstore.platform.Topology;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Outbound;
import io.axoniq.axonserver.grpc.InstructionAck;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** The CommandService: streams of handlers on one side, dispatched commands on the other. */
public final class CommandRpc extends CommandServiceGrpc.CommandServiceImplBase {
    private static final long DEFAULT_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(5);

    private final Map<String, CommandRouter> routers = new ConcurrentHashMap<>();
    private final Set<CommandHandler> handlers = ConcurrentHashMap.newKeySet();
    private final LongAdder dispatched = new LongAdder();
    private final ScheduledExecutorService timer;
    private final Clients clients;
    private final Topology topology;

    public CommandRpc(ScheduledExecutorService timer, Clients clients, Topology topology) {
        this.timer = timer;
        this.clients = clients;
        this.topology = topology;
    }

    /** How many were dispatched since the node started. */
    public long dispatched() {
        return dispatched.sum();
    }

    /** How many wait until a handler can take them. */
    public int waiting() {
        return handlers.stream().mapToInt(CommandHandler::waiting).sum();
    }

    /** How many handlers have, and have not answered yet. */
    public int inFlight() {
        return handlers.stream().mapToInt(CommandHandler::inFlight).sum();
    }

    /** Forgets the handlers of a context that was deleted. */
    public void forget(String context) {
        routers.remove(context);
    }

    private CommandRouter router(String context) {
        return routers.computeIfAbsent(context, name -> new CommandRouter());
    }

    @Override
    public void dispatch(Command command, StreamObserver<CommandResponse> observer) {
        Names.check("identifier of a command", command.getMessageIdentifier());
        PendingCommand[] pending = new PendingCommand[1];
        Outbound<CommandResponse> out = Outbound.of(observer, () -> pending[0].abandon());
        pending[0] = new PendingCommand(command, out);
        long timeoutMs = Instructions.timeoutMs(command.getProcessingInstructionsList(), DEFAULT_TIMEOUT_MS);
        pending[0].timeout(timer.schedule(() -> pending[0].timedOut(timeoutMs), timeoutMs, TimeUnit.MILLISECONDS));
        dispatched.increment();
        router(ContextHeader.current()).dispatch(pending[0]);
    }

    @Override
    public StreamObserver<CommandProviderOutbound> openStream(StreamObserver<CommandProviderInbound> observer) {
        String context = ContextHeader.current();
        return new CommandStream(router(context), topology.announcer(context), observer);
    }

    private final class CommandStream
            extends HandlerStream<CommandProviderOutbound, CommandProviderInbound, CommandHandler> {
        private final CommandRouter router;

        CommandStream(
                CommandRouter router, Topology.Announcer announcer, StreamObserver<CommandProviderInbound> observer) {
            super(observer, CommandHandler::new, handlers, router::disconnect, announcer, clients);
            this.router = router;
        }

        @Override
        void handle(CommandProviderOutbound message) {
            switch (message.getRequestCase()) {
                case SUBSCRIBE -> {
                    CommandSubscription subscription = message.getSubscribe();
                    identify(subscription.getClientId());
                    int loadFactor = CommandRouter.loadFactor(subscription.getLoadFactor());
                    announcer.command(
                            handler.clientId(), subscription.getComponentName(), subscription.getCommand(), loadFactor);
                    router.subscribe(subscription.getCommand(), handler, loadFactor);
                    subscribed();
                }
                case UNSUBSCRIBE -> {
                    router.unsubscribe(message.getUnsubscribe().getCommand(), handler);
                    announcer.withdraw(message.getUnsubscribe().getCommand());
                }
                case FLOW_CONTROL -> {
                    identify(message.getFlowControl().getClientId());
                    handler.permit(message.getFlowControl().getPermits());
                }
                case COMMAND_RESPONSE -> handler.answered(message.getCommandResponse());
                default -> {
                    // acknowledgements need no answer
                }
            }
        }

        private void identify(String clientId) {
            Names.check("name of a client", clientId);
            if (!clientId.isEmpty() && !clientId.equals(handler.clientId())) {
                handler.clientId(clientId);
            }
        }

        @Override
        String instructionId(CommandProviderOutbound message) {
            return message.getInstructionId();
        }

        @Override
        CommandProviderInbound acknowledgement(InstructionAck acknowledgement) {
            return CommandProviderInbound.newBuilder().setAck(acknowledgement).build();
        }
    }
}
