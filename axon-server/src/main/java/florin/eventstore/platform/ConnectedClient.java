package florin.eventstore.platform;

import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.InstructionResult;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.Heartbeat;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.RequestReconnect;
import io.axoniq.axonserver.grpc.control.TopologyChange;
import io.grpc.stub.StreamObserver;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The instruction stream of one client: what it reports, what it is told, and whether it still answers. */
final class ConnectedClient implements StreamObserver<PlatformInboundInstruction>, Topology.Subscriber {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectedClient.class);
    private static final int MAX_PROCESSORS = 1000;
    /** Enough for more than a thousand segments. */
    private static final int MAX_INFO_BYTES = 128 << 10;

    /** What a report, and each segment in it, take besides their bytes, roughly. */
    private static final int REPORT_OVERHEAD_BYTES = 400;

    private static final int SEGMENT_OVERHEAD_BYTES = 100;
    private static final int MAX_INSTRUCTIONS = 1000;

    private final String context;
    private final SocketAddress connection;
    private final Outbound<PlatformOutboundInstruction> out;
    private final Topology topology;
    private final Duration instructionTimeout;
    private final Consumer<ConnectedClient> onEnd;
    private final Map<String, EventProcessorInfo> processors = new ConcurrentHashMap<>();
    private final ReportedProcessors reports;
    private final long number;
    private final Map<String, CompletableFuture<Void>> instructions = new ConcurrentHashMap<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile ClientIdentification client = ClientIdentification.getDefaultInstance();
    private volatile long lastHeardNanos = System.nanoTime();
    /** Only clients that have shown that they know heartbeats are held to them. */
    private volatile boolean answersHeartbeats;
    /** Of the first report that was not kept the log tells. */
    private boolean reportsTooMuch;

    /**
     * @param reports what all clients have reported of their event processors, this one among them
     */
    ConnectedClient(
            String context,
            SocketAddress connection,
            StreamObserver<PlatformOutboundInstruction> observer,
            Topology topology,
            ReportedProcessors reports,
            Duration instructionTimeout,
            Consumer<ConnectedClient> onEnd) {
        this.context = context;
        this.connection = connection;
        this.topology = topology;
        this.reports = reports;
        number = reports.newNumber();
        this.instructionTimeout = instructionTimeout;
        this.onEnd = onEnd;
        out = Outbound.of(observer, this::end);
        out.onReady(() -> topology.catchUp(this));
    }

    @Override
    public void onNext(PlatformInboundInstruction message) {
        lastHeardNanos = System.nanoTime();
        switch (message.getRequestCase()) {
            case REGISTER -> {
                String clientId = message.getRegister().getClientId();
                String component = message.getRegister().getComponentName();
                Names.check("name of a client", clientId);
                Names.check("name of a component", component);
                client = ClientIdentification.newBuilder()
                        .setClientId(clientId)
                        .setComponentName(component)
                        .build();
                LOG.info("{} connected to context {}", this, context);
            }
            case EVENT_PROCESSOR_INFO -> {
                EventProcessorInfo info = message.getEventProcessorInfo();
                if (!keep(info) && !reportsTooMuch) {
                    reportsTooMuch = true;
                    LOG.warn("{} reports more than is kept: {}", this, Names.forLog(info.getProcessorName()));
                }
            }
            case HEARTBEAT -> answersHeartbeats = true;
            case RESULT -> finish(message.getResult());
            case SUBSCRIBE_TOPOLOGY_CHANGES -> {
                topology.subscribe(this);
                if (ended.get()) {
                    topology.unsubscribe(this);
                }
            }
            case UNSUBSCRIBE_TOPOLOGY_CHANGES -> topology.unsubscribe(this);
            default -> {
                // acknowledgements need no answer
            }
        }
        if (!message.getInstructionId().isEmpty()
                && !out.acknowledge(PlatformOutboundInstruction.newBuilder()
                        .setAck(Instructions.acknowledge(message.getInstructionId()))
                        .build())) {
            // A client that does not read will not let the call end by itself.
            end();
        }
    }

    /** False if that would be too much. */
    private synchronized boolean keep(EventProcessorInfo info) {
        EventProcessorInfo before = processors.get(info.getProcessorName());
        if (ended.get()
                || info.getSerializedSize() > MAX_INFO_BYTES
                || (before == null && processors.size() >= MAX_PROCESSORS)) {
            return false;
        }
        long more = bytes(info) - (before == null ? 0 : bytes(before));
        if (!reports.count(more)) {
            return false;
        }
        processors.put(info.getProcessorName(), info);
        if (before == null) {
            reports.add(this, info.getProcessorName());
        }
        return true;
    }

    private static long bytes(EventProcessorInfo info) {
        return REPORT_OVERHEAD_BYTES
                + info.getSerializedSize()
                + (long) SEGMENT_OVERHEAD_BYTES * info.getSegmentStatusCount();
    }

    private synchronized void forgetProcessors() {
        processors.values().forEach(info -> {
            reports.count(-bytes(info));
            reports.remove(this, info.getProcessorName());
        });
        processors.clear();
    }

    private void finish(InstructionResult result) {
        CompletableFuture<Void> waiting = instructions.remove(result.getInstructionId());
        if (waiting != null && result.getSuccess()) {
            waiting.complete(null);
        } else if (waiting != null) {
            waiting.completeExceptionally(Refusal.of(
                    ErrorCategory.INSTRUCTION_EXECUTION_ERROR,
                    "client " + clientId() + " could not do it: "
                            + result.getError().getMessage()));
        }
    }

    @Override
    public String context() {
        return context;
    }

    /** By which it is told from all others. */
    long number() {
        return number;
    }

    SocketAddress connection() {
        return connection;
    }

    String clientId() {
        return client.getClientId();
    }

    String component() {
        return client.getComponentName();
    }

    /** As the log names it. */
    @Override
    public String toString() {
        return Names.forLog(component()) + " (" + Names.forLog(clientId()) + ')';
    }

    /** The event processor of the name as the client reported it last; null if there is none. */
    EventProcessorInfo processor(String name) {
        return processors.get(name);
    }

    /** Completes when the client reports success, exceptionally when it refuses, stays silent or leaves. */
    CompletableFuture<Void> instruct(PlatformOutboundInstruction instruction) {
        if (instructions.size() >= MAX_INSTRUCTIONS) {
            return CompletableFuture.failedFuture(Refusal.tooManyRequests(
                    ErrorCategory.INSTRUCTION_EXECUTION_ERROR, "too many instructions wait for an answer"));
        }
        String identifier = UUID.randomUUID().toString();
        CompletableFuture<Void> result =
                new CompletableFuture<Void>().orTimeout(instructionTimeout.toMillis(), TimeUnit.MILLISECONDS);
        instructions.put(identifier, result);
        if (!out.offer(instruction.toBuilder().setInstructionId(identifier).build())) {
            result.completeExceptionally(Refusal.tooManyRequests(
                    ErrorCategory.INSTRUCTION_EXECUTION_ERROR, "client " + clientId() + " does not read"));
        }
        return result.exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        failure instanceof TimeoutException
                                ? Refusal.notInTime("client " + clientId() + " did not answer the instruction within "
                                        + instructionTimeout.toSeconds() + " s")
                                : failure))
                .whenComplete((done, failure) -> instructions.remove(identifier));
    }

    /** Asks the client to close its connection and to come back. */
    void requestReconnect() {
        out.send(PlatformOutboundInstruction.newBuilder()
                .setRequestReconnect(RequestReconnect.getDefaultInstance())
                .build());
    }

    @Override
    public boolean notify(TopologyChange change) {
        return out.isReady()
                && out.send(PlatformOutboundInstruction.newBuilder()
                        .setTopologyChange(change)
                        .build());
    }

    /** Sends a heartbeat; true if the client has been silent for too long instead. */
    boolean isSilent(long now, long timeoutNanos) {
        if (answersHeartbeats && now - lastHeardNanos > timeoutNanos) {
            LOG.warn("{} stopped answering heartbeats", this);
            return true;
        }
        if (out.isReady()) {
            out.send(PlatformOutboundInstruction.newBuilder()
                    .setHeartbeat(Heartbeat.getDefaultInstance())
                    .build());
        }
        return false;
    }

    void drop() {
        end();
        out.fail(Refusal.of(ErrorCategory.CONNECTION_FAILED, "no heartbeat"));
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
            topology.unsubscribe(this);
            onEnd.accept(this);
            forgetProcessors();
            LOG.info("{} disconnected", this);
            instructions
                    .values()
                    .forEach(waiting -> waiting.completeExceptionally(
                            Refusal.of(ErrorCategory.INSTRUCTION_EXECUTION_ERROR, "the client disconnected")));
        }
    }
}
