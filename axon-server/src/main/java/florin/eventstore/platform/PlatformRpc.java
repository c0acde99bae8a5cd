package florin.eventstore.platform;

import florin.eventstore.protocol.ContextHeader;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformInfo;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The PlatformService: who is connected, and whether they still answer. */
public final class PlatformRpc extends PlatformServiceGrpc.PlatformServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(PlatformRpc.class);

    private final Supplier<NodeInfo> self;
    private final Clients clients;
    private final Topology topology;
    private final Future<?> heartbeats;
    private final long heartbeatTimeoutNanos;
    private final Duration instructionTimeout;
    private final Set<ConnectedClient> connected = ConcurrentHashMap.newKeySet();
    private final ReportedProcessors reports = new ReportedProcessors();

    public PlatformRpc(
            Supplier<NodeInfo> self,
            Clients clients,
            Topology topology,
            ScheduledExecutorService timer,
            Duration heartbeatInterval,
            Duration heartbeatTimeout,
            Duration instructionTimeout) {
        this.self = self;
        this.clients = clients;
        this.topology = topology;
        this.instructionTimeout = instructionTimeout;
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
        ConnectedClient client = new ConnectedClient(
                ContextHeader.current(),
                Clients.connection(),
                observer,
                topology,
                reports,
                instructionTimeout,
                connected::remove);
        connected.add(client);
        return client;
    }

    ReportedProcessors reports() {
        return reports;
    }

    public int connections() {
        return connected.size();
    }

    /** Asks all clients of the context to close their connections and to come back, for its store is another one now. */
    public void requestReconnect(String context) {
        connected.stream()
                .filter(client -> client.context().equals(context))
                .forEach(ConnectedClient::requestReconnect);
    }

    /** No client is dropped for silence any more; the node is about to end all calls. */
    public void stopHeartbeats() {
        heartbeats.cancel(false);
    }

    private void beat() {
        long now = System.nanoTime();
        for (ConnectedClient client : connected) {
            try {
                if (client.isSilent(now, heartbeatTimeoutNanos)) {
                    client.drop();
                    clients.drop(client.connection());
                }
            } catch (RuntimeException | Error e) {
                // Whatever it was, the others go on: a task that throws is not run again.
                LOG.warn("Heartbeat to {} failed", client, e);
            }
        }
    }
}
