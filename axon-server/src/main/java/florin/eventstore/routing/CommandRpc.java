package florin.eventstore.routing;

import florin.eventstore.platform.Clients;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The CommandService: streams of handlers on one side, dispatched commands on the other. */
public final class CommandRpc extends CommandServiceGrpc.CommandServiceImplBase {
    private static final long DEFAULT_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(5);

    private final Map<String, CommandRouter> routers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer;
    private final Clients clients;

    public CommandRpc(ScheduledExecutorService timer, Clients clients) {
        this.timer = timer;
        this.clients = clients;
    }

    private CommandRouter router(String context) {
        return routers.computeIfAbsent(context, name -> new CommandRouter());
    }

    @Override
    public void dispatch(Command command, StreamObserver<CommandResponse> observer) {
        PendingCommand[] pending = new PendingCommand[1];
        Outbound<CommandResponse> out = Outbound.of(observer, () -> pending[0].abandon());
        pending[0] = new PendingCommand(command, out);
        long timeoutMs = Instructions.number(command.getProcessingInstructionsList(), ProcessingKey.TIMEOUT)
                .orElse(DEFAULT_TIMEOUT_MS);
        long boundedMs = timeoutMs <= 0 ? DEFAULT_TIMEOUT_MS : timeoutMs;
        pending[0].timeout(timer.schedule(() -> pending[0].timedOut(boundedMs), boundedMs, TimeUnit.MILLISECONDS));
        router(ContextHeader.current()).dispatch(pending[0]);
    }

    @Override
    public StreamObserver<CommandProviderOutbound> openStream(StreamObserver<CommandProviderInbound> observer) {
        return new HandlerStream(ContextHeader.current(), observer);
    }

    private final class HandlerStream implements StreamObserver<CommandProviderOutbound> {
        private final String context;
        private final CommandRouter router;
        private final CommandHandler handler;
        private final AtomicBoolean ended = new AtomicBoolean();
        private Runnable unregister = () -> {};

        HandlerStream(String context, StreamObserver<CommandProviderInbound> observer) {
            this.context = context;
            router = router(context);
            handler = new CommandHandler(Outbound.of(observer, this::end));
        }

        @Override
        public void onNext(CommandProviderOutbound message) {
            switch (message.getRequestCase()) {
                case SUBSCRIBE -> {
                    CommandSubscription subscription = message.getSubscribe();
                    identify(subscription.getClientId());
                    router.subscribe(subscription.getCommand(), handler, subscription.getLoadFactor());
                    if (ended.get()) {
                        router.disconnect(handler);
                    }
                }
                case UNSUBSCRIBE -> router.unsubscribe(message.getUnsubscribe().getCommand(), handler);
                case FLOW_CONTROL -> {
                    identify(message.getFlowControl().getClientId());
                    handler.permit(message.getFlowControl().getPermits());
                }
                case COMMAND_RESPONSE -> handler.answered(message.getCommandResponse());
                default -> {
                    // acknowledgements need no answer
                }
            }
            if (!message.getInstructionId().isEmpty()) {
                handler.out()
                        .send(CommandProviderInbound.newBuilder()
                                .setAck(Instructions.acknowledge(message.getInstructionId()))
                                .build());
            }
        }

        private synchronized void identify(String clientId) {
            if (!clientId.isEmpty() && !clientId.equals(handler.clientId())) {
                handler.clientId(clientId);
                unregister.run();
                unregister = clients.onDrop(context, clientId, () -> {
                    handler.out().fail(Refusal.of(ErrorCategory.CONNECTION_FAILED, "no heartbeat"));
                    end();
                });
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
                synchronized (this) {
                    unregister.run();
                }
            }
        }
    }
}
