package florin.eventstore.platform;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.Heartbeat;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformInfo;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The PlatformService: who is connected, whether they still answer, and instructions to their event processors. */
public final class PlatformRpc extends PlatformServiceGrpc.PlatformServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(PlatformRpc.class);
    private static final int MAX_PROCESSORS = 1000;
    private static final int MAX_INSTRUCTIONS = 1000;
    private static final long INSTRUCTION_TIMEOUT_SECONDS = 30;

    private final Supplier<NodeInfo> self;
    private final Clients clients;
    private final Future<?> heartbeats;
    private final long heartbeatTimeoutNanos;
    private final Set<ClientStream> streams = ConcurrentHashMap.newKeySet();

    public PlatformRpc(
            Supplier<NodeInfo> self,
            Clients clients,
            ScheduledExecutorService timer,
            Duration heartbeatInterval,
            Duration heartbeatTimeout) {
        this.self = self;
        this.clients = clients;
        heartbeatTimeoutNanos = heartbeatTimeout.toNanos();
        long intervalMs = heartbeatInterval.toMillis();
        heartbeats = timer.scheduleWithFixedDelay(this::beat, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void getPlatformServer(ClientIdentification client, StreamObserver<PlatformInfo> observer) {
        observer.onNext(PlatformInfo.newBuilder()
                .setPrimary(self.get())
                .setSameConnection(true)
                .build());
        observer.onCompleted();
    }

    @Override
    public StreamObserver<PlatformInboundInstruction> openStream(StreamObserver<PlatformOutboundInstruction> observer) {
        ClientStream stream = new ClientStream(ContextHeader.current(), observer);
        streams.add(stream);
        return stream;
    }

    /** Every processor that connected clients of the component reported. */
    public List<ReportedProcessor> processors(String context, String component) {
        List<ReportedProcessor> found = new ArrayList<>();
        for (ClientStream stream : streams) {
            if (stream.serves(context, component)) {
                stream.processors.values().forEach(info -> found.add(new ReportedProcessor(stream, info)));
            }
        }
        return found;
    }

    /** Tells all clients of the component that have the processor; completes when all of them reported success. */
    public CompletableFuture<Void> instruct(
            String context, String component, String processor, PlatformOutboundInstruction instruction) {
        List<CompletableFuture<Void>> results = new ArrayList<>();
        for (ReportedProcessor reported : processors(context, component)) {
            if (reported.info().getProcessorName().equals(processor)) {
                results.add(reported.instruct(instruction));
            }
        }
        if (results.isEmpty()) {
            return CompletableFuture.failedFuture(
                    Refusal.invalid("no connected client of " + component + " has a processor " + processor));
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new));
    }

    /** An event processor as one client last reported it. */
    public static final class ReportedProcessor {
        private final ClientStream stream;
        private final EventProcessorInfo info;

        private ReportedProcessor(ClientStream stream, EventProcessorInfo info) {
            this.stream = stream;
            this.info = info;
        }

        public EventProcessorInfo info() {
            return info;
        }

        public String clientId() {
            return stream.client.getClientId();
        }

        /** Completes when this client reports success, exceptionally when it refuses or stays silent. */
        public CompletableFuture<Void> instruct(PlatformOutboundInstruction instruction) {
            return stream.instruct(instruction);
        }
    }

    /** No client is dropped for silence any more; the node is about to end all calls. */
    public void stopHeartbeats() {
        heartbeats.cancel(false);
    }

    private void beat() {
        long now = System.nanoTime();
        for (ClientStream stream : streams) {
            try {
                stream.beat(now);
            } catch (RuntimeException e) {
                LOG.warn("Heartbeat to {} failed", stream.client.getClientId(), e);
            }
        }
    }

    private final class ClientStream implements StreamObserver<PlatformInboundInstruction> {
        private final String context;
        private final Outbound<PlatformOutboundInstruction> out;
        private final Map<String, EventProcessorInfo> processors = new ConcurrentHashMap<>();
        private final Map<String, CompletableFuture<Void>> instructions = new ConcurrentHashMap<>();
        private final AtomicBoolean ended = new AtomicBoolean();
        private volatile ClientIdentification client = ClientIdentification.getDefaultInstance();
        private volatile long lastHeardNanos = System.nanoTime();
        /** Only clients that have shown that they know heartbeats are held to them. */
        private volatile boolean answersHeartbeats;

        ClientStream(String context, StreamObserver<PlatformOutboundInstruction> observer) {
            this.context = context;
            out = Outbound.of(observer, this::end);
        }

        @Override
        public void onNext(PlatformInboundInstruction message) {
            lastHeardNanos = System.nanoTime();
            switch (message.getRequestCase()) {
                case REGISTER -> {
                    client = message.getRegister();
                    LOG.info(
                            "{} ({}) connected to context {}",
                            client.getComponentName(),
                            client.getClientId(),
                            context);
                }
                case EVENT_PROCESSOR_INFO -> {
                    EventProcessorInfo info = message.getEventProcessorInfo();
                    if (processors.size() < MAX_PROCESSORS || processors.containsKey(info.getProcessorName())) {
                        processors.put(info.getProcessorName(), info);
                    }
                }
                case HEARTBEAT -> answersHeartbeats = true;
                case RESULT -> {
                    CompletableFuture<Void> waiting =
                            instructions.remove(message.getResult().getInstructionId());
                    if (waiting != null && message.getResult().getSuccess()) {
                        waiting.complete(null);
                    } else if (waiting != null) {
                        waiting.completeExceptionally(Refusal.of(
                                ErrorCategory.INSTRUCTION_EXECUTION_ERROR,
                                message.getResult().getError().getMessage()));
                    }
                }
                default -> {
                    // acknowledgements need no answer; topology subscriptions are accepted
                }
            }
            if (!message.getInstructionId().isEmpty()) {
                out.send(PlatformOutboundInstruction.newBuilder()
                        .setAck(Instructions.acknowledge(message.getInstructionId()))
                        .build());
            }
        }

        boolean serves(String wantedContext, String component) {
            return context.equals(wantedContext) && client.getComponentName().equals(component);
        }

        CompletableFuture<Void> instruct(PlatformOutboundInstruction instruction) {
            String identifier = UUID.randomUUID().toString();
            CompletableFuture<Void> result =
                    new CompletableFuture<Void>().orTimeout(INSTRUCTION_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (instructions.size() >= MAX_INSTRUCTIONS) {
                return CompletableFuture.failedFuture(Refusal.tooManyRequests(
                        ErrorCategory.INSTRUCTION_EXECUTION_ERROR, "too many instructions wait for an answer"));
            }
            instructions.put(identifier, result);
            out.send(instruction.toBuilder().setInstructionId(identifier).build());
            return result.whenComplete((done, failure) -> instructions.remove(identifier));
        }

        void beat(long now) {
            if (answersHeartbeats && now - lastHeardNanos > heartbeatTimeoutNanos) {
                LOG.warn("{} ({}) stopped answering heartbeats", client.getComponentName(), client.getClientId());
                end();
                out.fail(Refusal.of(ErrorCategory.CONNECTION_FAILED, "no heartbeat"));
                clients.drop(context, client.getClientId());
            } else if (out.isReady()) {
                out.send(PlatformOutboundInstruction.newBuilder()
                        .setHeartbeat(Heartbeat.getDefaultInstance())
                        .build());
            }
        }

        @Override
        public void onError(Throwable reason) {
            end();
        }

        @Override
        public void onCompleted() {
            end();
            out.complete();
        }

        private void end() {
            if (ended.compareAndSet(false, true)) {
                streams.remove(this);
                LOG.info("{} ({}) disconnected", client.getComponentName(), client.getClientId());
                instructions
                        .values()
                        .forEach(waiting -> waiting.completeExceptionally(
                                Refusal.of(ErrorCategory.INSTRUCTION_EXECUTION_ERROR, "the client disconnected")));
            }
        }
    }
}
