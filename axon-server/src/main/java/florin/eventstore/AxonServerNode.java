package florin.eventstore;

import florin.eventstore.http.HttpEndpoints;
import florin.eventstore.platform.Clients;
import florin.eventstore.platform.PlatformRpc;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.RefusalInterceptor;
import florin.eventstore.routing.CommandRpc;
import florin.eventstore.routing.QueryRpc;
import florin.eventstore.rpc.EventSchedulerRpc;
import florin.eventstore.rpc.EventStoreRpc;
import florin.eventstore.storage.Contexts;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A running node: one event store and message router that speaks Axon Server's API. */
public final class AxonServerNode implements AutoCloseable {
    public static final String NAME = "florin";

    private static final int MAX_MESSAGE_BYTES = 16 << 20;
    private static final int STOP_SECONDS = 5;

    private final NodeConfiguration configuration;
    private final Contexts contexts;
    private final ScheduledThreadPoolExecutor timer;
    private final ExecutorService calls;
    private final ExecutorService readers;
    private final PlatformRpc platform;
    private final Server grpc;
    private final HttpEndpoints http;

    private AxonServerNode(NodeConfiguration configuration) throws IOException {
        this.configuration = configuration;
        int threads = Math.max(4, Runtime.getRuntime().availableProcessors());
        timer = new ScheduledThreadPoolExecutor(1, daemon("timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        calls = Executors.newFixedThreadPool(threads, daemon("call"));
        readers = Executors.newFixedThreadPool(threads, daemon("reader"));
        contexts = new Contexts(configuration.data());
        Clients clients = new Clients();
        EventSchedulerRpc scheduler = new EventSchedulerRpc(contexts, timer);
        try {
            contexts.open();
            platform = new PlatformRpc(
                    this::describe,
                    clients,
                    timer,
                    configuration.heartbeatInterval(),
                    configuration.heartbeatTimeout());
            grpc = NettyServerBuilder.forAddress(new InetSocketAddress(configuration.host(), configuration.grpcPort()))
                    .executor(calls)
                    .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                    .permitKeepAliveTime(100, TimeUnit.MILLISECONDS)
                    .permitKeepAliveWithoutCalls(true)
                    .keepAliveTime(30, TimeUnit.SECONDS)
                    .keepAliveTimeout(30, TimeUnit.SECONDS)
                    .addService(platform)
                    .addService(new EventStoreRpc(contexts, readers))
                    .addService(scheduler)
                    .addService(new CommandRpc(timer, clients))
                    .addService(new QueryRpc(timer, clients))
                    .intercept(new RefusalInterceptor())
                    .intercept(new ContextHeader())
                    .build()
                    .start();
            http = new HttpEndpoints(
                    configuration.host(), configuration.httpPort(), contexts, platform, this::describe);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts a node and returns when it accepts calls. */
    public static AxonServerNode start(NodeConfiguration configuration) {
        try {
            return new AxonServerNode(configuration);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot listen on " + configuration.host() + " port " + configuration.grpcPort() + " (gRPC) and "
                            + configuration.httpPort() + " (HTTP): " + e.getMessage(),
                    e);
        }
    }

    public int grpcPort() {
        return grpc.getPort();
    }

    public int httpPort() {
        return http.port();
    }

    private NodeInfo describe() {
        NodeInfo.Builder self = NodeInfo.newBuilder()
                .setNodeName(NAME)
                .setHostName(configuration.host())
                .setGrpcPort(grpcPort());
        return http == null ? self.build() : self.setHttpPort(httpPort()).build();
    }

    /** Ends all calls, writes what was accepted, and releases ports and files. */
    @Override
    public void close() {
        if (platform != null) {
            platform.stopHeartbeats();
        }
        timer.shutdown();
        if (http != null) {
            http.close();
        }
        if (grpc != null) {
            grpc.shutdownNow();
            await(grpc);
        }
        calls.shutdown();
        readers.shutdown();
        await(calls);
        await(readers);
        await(timer);
        contexts.close();
    }

    private static void await(Server server) {
        try {
            server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(ExecutorService executor) {
        try {
            if (!executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ThreadFactory daemon(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + '-' + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
