package florin.eventstore.routing;

import florin.eventstore.platform.Clients;
import florin.eventstore.platform.Topology;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Outbound;
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
import java.util.concurrent.atomic.AtomicBoolean;
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
        return new HandlerStream(ContextHeader.current(), observer);
    }

    private final class HandlerStream implements StreamObserver<CommandProviderOutbound> {
        private final CommandRouter router;
        private final CommandHandler handler;
        private final Topology.Announcer announcer;
        private final AtomicBoolean ended = new AtomicBoolean();
        private volatile Runnable unregister = () -> {};

        HandlerStream(String context, StreamObserver<CommandProviderInbound> observer) {
            router = router(context);
            announcer = topology.announcer(context);
            handler = new CommandHandler(Outbound.of(observer, this::end));
            handlers.add(handler);
            unregister = clients.onDrop(handler.out(), this::end);
        }

        @Override
        public void onNext(CommandProviderOutbound message) {
            try {
                handle(message);
            } catch (RuntimeException e) {
                // The call ends with it, and what the handler were sent until gRPC tells so would be lost.
                end();
                throw e;
            }
        }

        private void handle(CommandProviderOutbound message) {
            switch (message.getRequestCase()) {
                case SUBSCRIBE -> {
                    CommandSubscription subscription = message.getSubscribe();
                    identify(subscription.getClientId());
                    int loadFactor = CommandRouter.loadFactor(subscription.getLoadFactor());
                    announcer.command(
                            handler.clientId(), subscription.getComponentName(), subscription.getCommand(), loadFactor);
                    router.subscribe(subscription.getCommand(), handler, loadFactor);
                    if (ended.get()) {
                        router.disconnect(handler);
                        announcer.withdrawAll();
                    }
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
            if (!message.getInstructionId().isEmpty()
                    && !handler.out()
                            .acknowledge(CommandProviderInbound.newBuilder()
                                    .setAck(Instructions.acknowledge(message.getInstructionId()))
                                    .build())) {
                // A client that does not read will not let the call end by itself.
                end();
            }
        }

        private void identify(String clientId) {
            Names.check("name of a client", clientId);
            if (!clientId.isEmpty() && !clientId.equals(handler.clientId())) {
                handler.clientId(clientId);
            }
        }

        @Override
        public void onError(Throwable reason) {
            end();
        }

        @Override
        public void onCompleted() {
            end();
            handler.out().complete();
        }

        private void end() {
            if (ended.compareAndSet(false, true)) {
                router.disconnect(handler);
                announcer.withdrawAll();
                handlers.remove(handler);
                unregister.run();
            }
        }
    }
}
