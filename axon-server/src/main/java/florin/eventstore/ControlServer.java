package florin.eventstore;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.Contexts;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where commands of this machine reach a running node, whatever its other ports demand: a free port of the loopback, and a
 * token, both told in the data folder's {@link ControlFile}. {@code POST /v1/backup} with a folder as its body backs up.
 */
final class ControlServer implements AutoCloseable {
    static final String BACKUP_PATH = "/v1/backup";
    static final String TOKEN_HEADER = "Florin-Control-Token";

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int MAX_PATH_BYTES = 4096;
    private static final int STOP_SECONDS = 5;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final HttpServer server;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(AxonServerNode.daemon("control"));
    /** A backup cannot be stopped while RocksDB copies, so whoever answers for it does not do it. */
    private final ExecutorService backups = Executors.newSingleThreadExecutor(AxonServerNode.daemon("backup"));

    private final Contexts contexts;
    private final Path data;
    private final byte[] token;

    private ControlServer(HttpServer server, Contexts contexts, Path data, String token) {
        this.server = server;
        this.contexts = contexts;
        this.data = data;
        this.token = token.getBytes(StandardCharsets.UTF_8);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    /** Listens, and writes the control file of the folder, which the contexts have locked. */
    static ControlServer start(Contexts contexts, Path data) throws IOException {
        String token = ControlFile.newToken();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), 0), 4);
        ControlServer control = new ControlServer(server, contexts, data, token);
        try {
            new ControlFile("127.0.0.1:" + server.getAddress().getPort(), token).write(data);
        } catch (IOException e) {
            control.close();
            throw e;
        }
        return control;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String presented = exchange.getRequestHeaders().getFirst(TOKEN_HEADER);
            if (presented == null || !MessageDigest.isEqual(token, presented.getBytes(StandardCharsets.UTF_8))) {
                answer(exchange, 403, "wrong or missing " + TOKEN_HEADER);
            } else if (!exchange.getRequestURI().getPath().equals(BACKUP_PATH)) {
                answer(exchange, 404, "not found");
            } else if (!"POST".equals(exchange.getRequestMethod())) {
                answer(exchange, 405, "only POST");
            } else {
                backUp(exchange);
            }
        }
    }

    private void backUp(HttpExchange exchange) throws IOException {
        String target = new String(exchange.getRequestBody().readNBytes(MAX_PATH_BYTES), StandardCharsets.UTF_8);
        try {
            Path folder = Path.of(target);
            answer(exchange, 200, backups.submit(() -> backUp(folder)).get());
        } catch (InvalidPathException e) {
            answer(exchange, 400, "not a path: " + e.getMessage());
        } catch (ExecutionException failed) {
            answer(exchange, 500, Refusal.from(failed).getMessage());
        } catch (InterruptedException | RejectedExecutionException e) {
            answer(
                    exchange,
                    503,
                    "the node is shutting down, and the backup is not complete; the one before still counts");
        }
    }

    private String backUp(Path folder) {
        return contexts.backUp(folder).stream()
                .map(entry -> entry.context() + ": " + entry.events() + " events\n")
                .collect(Collectors.joining());
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    public void close() {
        backups.shutdownNow();
        executor.shutdownNow();
        try {
            // Whoever waits for a backup is told.
            if (!executor.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("A command of this machine was not answered");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        try {
            ControlFile.delete(data);
        } catch (IOException e) {
            LOG.warn("{}: the control file stays behind", data, e);
        }
    }
}
