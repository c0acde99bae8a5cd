package florin.eventstore;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.http.ContextEndpoints;
import florin.eventstore.http.HttpEndpoints;
import florin.eventstore.http.InformationEndpoints;
import florin.eventstore.http.Metrics;
import florin.eventstore.http.ProcessorEndpoints;
import florin.eventstore.platform.Clients;
import florin.eventstore.platform.EventProcessorAdminRpc;
import florin.eventstore.platform.EventProcessors;
import florin.eventstore.platform.PlatformRpc;
import florin.eventstore.platform.Topology;
import florin.eventstore.protocol.CallLimit;
import florin.eventstore.protocol.ConnectionLimit;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.LeftOut;
import florin.eventstore.protocol.RefusalInterceptor;
import florin.eventstore.protocol.UnfinishedMessages;
import florin.eventstore.routing.CommandRpc;
import florin.eventstore.routing.QueryRpc;
import florin.eventstore.rpc.CallExecutor;
import florin.eventstore.rpc.EventSchedulerRpc;
import florin.eventstore.rpc.EventStoreRpc;
import florin.eventstore.security.AccessInterceptor;
import florin.eventstore.storage.Contexts;
import florin.eventstore.streams.PersistentStreamRpc;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A running node: one event store and message router that speaks Axon Server's API. */
public final class AxonServerNode implements AutoCloseable {
    public static final String NAME = "florin";

    private static final int MAX_CALLS_PER_CONNECTION = 10_000;
    private static final int HANDSHAKE_SECONDS = 20;
    private static final int RENEW_SECONDS = 10;
    private static final int STOP_SECONDS = 5;

    private final NodeConfiguration configuration;
    private final Contexts contexts;
    private final ScheduledThreadPoolExecutor timer;
    private final ExecutorService calls;
    private final ExecutorService callsOfNewContexts;
    private final ExecutorService readers;
    /** Of the gRPC port: who accepts connections, and who reads and writes them. */
    private final EventLoopGroup acceptor = eventLoops(1, "grpc-acceptor");

    private final EventLoopGroup connectionLoops = eventLoops(0, "grpc");
    private final PlatformRpc platform;
    private final Server grpc;
    private final HttpEndpoints http;
    private ControlServer control;

    private AxonServerNode(NodeConfiguration configuration) throws IOException {
        this.configuration = configuration;
        int threads = Math.max(4, Runtime.getRuntime().availableProcessors());
        timer = new ScheduledThreadPoolExecutor(1, daemon("timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        calls = Executors.newFixedThreadPool(threads, daemon("call"));
        callsOfNewContexts = Executors.newFixedThreadPool(threads, daemon("new-context-call"));
        readers = Executors.newFixedThreadPool(threads, daemon("reader"));
        contexts = new Contexts(configuration.data(), configuration.storage());
        Clients clients = new Clients();
        Topology topology = new Topology();
        EventSchedulerRpc scheduler = new EventSchedulerRpc(
                contexts,
                Clock.systemUTC(),
                timer,
                readers,
                configuration.limits().maxScheduledEvents());
        PersistentStreamRpc streams = new PersistentStreamRpc(contexts, clients, readers, timer);
        try {
            contexts.open();
            platform = new PlatformRpc(
                    this::describe,
                    clients,
                    topology,
                    timer,
                    configuration.heartbeatInterval(),
                    configuration.heartbeatTimeout(),
                    configuration.instructionTimeout());
            EventProcessors processors = new EventProcessors(platform, timer);
            CommandRpc commands = new CommandRpc(timer, clients, topology);
            QueryRpc queries = new QueryRpc(timer, clients, topology);
            ConnectionLimit connections =
                    new ConnectionLimit(configuration.limits().maxConnections());
            Access access = configuration.access();
            NettyServerBuilder builder = NettyServerBuilder.forAddress(
                            new InetSocketAddress(configuration.host(), configuration.grpcPort()))
                    .bossEventLoopGroup(acceptor)
                    .workerEventLoopGroup(connectionLoops)
                    .channelFactory(() -> listening(connections))
                    .executor(Runnable::run)
                    .callExecutor(new CallExecutor(contexts, calls, callsOfNewContexts))
                    .maxInboundMessageSize(configuration.limits().maxMessageBytes())
                    .addStreamTracerFactory(
                            new UnfinishedMessages(configuration.limits().maxMessageBytes()))
                    .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                    .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
                    .permitKeepAliveTime(100, TimeUnit.MILLISECONDS)
                    .permitKeepAliveWithoutCalls(true)
                    .keepAliveTime(30, TimeUnit.SECONDS)
                    .keepAliveTimeout(30, TimeUnit.SECONDS)
                    .addService(platform)
                    .addService(new EventStoreRpc(contexts, clients, readers).service())
                    .addService(scheduler)
                    .addService(streams)
                    .addService(commands)
                    .addService(queries)
                    .addService(new EventProcessorAdminRpc(processors, readers))
                    .fallbackHandlerRegistry(new LeftOut())
                    .intercept(new AccessInterceptor(access.control(), contexts::get))
                    .intercept(clients)
                    .intercept(new ContextHeader())
                    .intercept(new CallLimit())
                    .intercept(new RefusalInterceptor());
            if (access.tls() != null) {
                builder.sslContext(access.tls().forGrpc());
                // The timer ends with the node.
                var unused = timer.scheduleWithFixedDelay(
                        () -> readers.execute(access.tls()::renew), RENEW_SECONDS, RENEW_SECONDS, TimeUnit.SECONDS);
            }
            grpc = builder.build().start();
            http = new HttpEndpoints(
                    configuration.host(),
                    configuration.httpPort(),
                    access.control(),
                    access.tls(),
                    daemon("http"),
                    new InformationEndpoints(
                            configuration,
                            contexts,
                            this::describe,
                            new Metrics(contexts, commands, queries, platform, connections)),
                    new ContextEndpoints(contexts, commands, queries, platform, configuration.developmentMode()),
                    new ProcessorEndpoints(processors));
            control = ControlServer.start(contexts, configuration.data());
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** As many threads as Netty takes by itself if the number is 0. */
    private static EventLoopGroup eventLoops(int threads, String name) {
        return new MultiThreadIoEventLoopGroup(
                threads,
                new DefaultThreadFactory(name, true),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    private static ServerChannel listening(ConnectionLimit connections) {
        ServerChannel channel = Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
        channel.pipeline().addLast(connections);
        return channel;
    }

    /** Starts a node and returns when it accepts calls. */
    public static AxonServerNode start(NodeConfiguration configuration) {
        requireProtection(configuration);
        try {
            return new AxonServerNode(configuration);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot listen on " + configuration.host() + " port " + configuration.grpcPort() + " (gRPC) and "
                            + configuration.httpPort() + " (HTTP): " + e.getMessage(),
                    e);
        }
    }

    private static void requireProtection(NodeConfiguration configuration) {
        Access access = configuration.access();
        if (access.insecureListen() || access.control().isOn()) {
            return;
        }
        try {
            if (InetAddress.getByName(configuration.host()).isLoopbackAddress()) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("there is no address " + configuration.host(), e);
        }
        throw new IllegalArgumentException("other machines could reach " + configuration.host()
                + ", and there is no access control: configure applications, or say --insecure-listen");
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
        if (control != null) {
            control.close();
        }
        if (http != null) {
            http.close();
        }
        if (grpc != null) {
            grpc.shutdownNow();
            await(grpc);
        }
        for (EventLoopGroup loops : List.of(acceptor, connectionLoops)) {
            var unused = loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
            await(loops);
        }
        timer.shutdown(); // Calls need it until the last one has ended.
        calls.shutdown();
        callsOfNewContexts.shutdown();
        readers.shutdown();
        await(calls);
        await(callsOfNewContexts);
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

    /** Threads that do not keep the process from ending. */
    static ThreadFactory daemon(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + '-' + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
