package florin.eventstore.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import florin.eventstore.platform.PlatformRpc;
import florin.eventstore.storage.Contexts;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Health and information over HTTP, on the paths that Axon Server has them. */
public final class HttpEndpoints implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService executor;

    public HttpEndpoints(String host, int port, Contexts contexts, PlatformRpc platform, Supplier<NodeInfo> self)
            throws IOException {
        server = HttpServer.create(new InetSocketAddress(host, port), 64);
        executor = Executors.newFixedThreadPool(2, task -> {
            Thread thread = new Thread(task, "http");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(executor);
        get("/actuator/health", () -> "{\"status\":\"UP\"}");
        get("/actuator/info", () -> "{\"app\":{\"name\":\"axon-server\",\"version\":\"" + version() + "\"}}");
        get("/v1/public/me", () -> describe(self.get(), contexts));
        get("/v1/public/context", () -> contexts.names().stream()
                .map(name -> "{\"context\":\"" + name + "\",\"metaData\":{},\"nodes\":[\""
                        + self.get().getNodeName() + "\"],\"leader\":\""
                        + self.get().getNodeName() + "\"}")
                .collect(Collectors.joining(",", "[", "]")));
        server.createContext("/v1/components/", new ProcessorEndpoints(platform));
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private static String version() {
        String version = HttpEndpoints.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private static String describe(NodeInfo self, Contexts contexts) {
        String names = contexts.names().stream().map(name -> '"' + name + '"').collect(Collectors.joining(","));
        return "{\"name\":\"" + self.getNodeName() + "\",\"hostName\":\"" + self.getHostName() + "\",\"grpcPort\":"
                + self.getGrpcPort() + ",\"httpPort\":" + self.getHttpPort() + ",\"authentication\":false,"
                + "\"clustered\":false,\"contextNames\":[" + names + "],\"storageContextNames\":[" + names + "]}";
    }

    private void get(String path, Supplier<String> body) {
        server.createContext(path, exchange -> {
            try (exchange) {
                if (!exchange.getRequestURI().getPath().equals(path)
                        && !exchange.getRequestURI().getPath().startsWith(path + "/")) {
                    answer(exchange, 404, "{\"error\":\"not found\"}");
                } else if (!"GET".equals(exchange.getRequestMethod())) {
                    answer(exchange, 405, "{\"error\":\"only GET\"}");
                } else {
                    answer(exchange, 200, body.get());
                }
            }
        });
    }

    static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream stream = exchange.getResponseBody()) {
            stream.write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
