package florin.eventstore.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import florin.eventstore.http.Routes.Route;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP side of the node: finds the endpoint, checks the token, and turns refusals into problems. */
public final class HttpEndpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoints.class);
    private static final int MAX_BODY_BYTES = 64 << 10;
    private static final Pattern PORT = Pattern.compile(":\\d*$");
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9A-Fa-f:.%]+]");

    static {
        // The server of the JDK has no other way to bound connections, and clients that never finish what they do.
        setUnlessSet("jdk.httpserver.maxConnections", 200);
        setUnlessSet("sun.net.httpserver.idleInterval", 20); // seconds without a request, also without a first one
        setUnlessSet("sun.net.httpserver.maxReqTime", 10); // seconds from a request's first byte to its last
        // Seconds from there to the response's last byte; the command for backups waits at a server with the same
        // bounds.
        setUnlessSet("sun.net.httpserver.maxRspTime", 3600);
        setUnlessSet("sun.net.httpserver.maxReqHeaders", 100);
        setUnlessSet("sun.net.httpserver.maxReqHeaderSize", 16 << 10);
    }

    private final HttpServer server;
    private final ExecutorService executor;
    private final AccessControl accessControl;
    private final String ownHost;
    /** With a token nothing else is needed, and with TLS no other name has a certificate of this node. */
    private final boolean knowsItsHosts;

    private final Routes routes = new Routes();

    public HttpEndpoints(
            String host,
            int port,
            AccessControl accessControl,
            Tls tls,
            ThreadFactory threads,
            InformationEndpoints information,
            ContextEndpoints contexts,
            ProcessorEndpoints processors)
            throws IOException {
        this.accessControl = accessControl;
        InetSocketAddress address = new InetSocketAddress(host, port);
        server = create(address, tls);
        ownHost = host;
        knowsItsHosts = address.getAddress().isLoopbackAddress() && !accessControl.isOn() && tls == null;
        // A slow client holds a thread until its time is up: with fewer threads than connections it would hold up
        // others.
        executor = Executors.newCachedThreadPool(threads);
        information.addTo(routes);
        contexts.addTo(routes);
        processors.addTo(routes);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    private static void setUnlessSet(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, String.valueOf(value));
        }
    }

    private static HttpServer create(InetSocketAddress address, Tls tls) throws IOException {
        if (tls == null) {
            return HttpServer.create(address, 64);
        }
        HttpsServer secure = HttpsServer.create(address, 64);
        secure.setHttpsConfigurator(new HttpsConfigurator(tls.forHttp()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                ssl.setNeedClientAuth(tls.isMutual());
                parameters.setSSLParameters(ssl);
            }
        });
        return secure;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) {
        CompletableFuture<Response> response;
        try {
            response = answer(exchange);
        } catch (RuntimeException | IOException e) {
            response = CompletableFuture.failedFuture(e);
        }
        var unused =
                response.exceptionally(Response::problem).thenAcceptAsync(answer -> send(exchange, answer), executor);
    }

    private CompletableFuture<Response> answer(HttpExchange exchange) throws IOException {
        requireNoWebPage(exchange);
        List<String> path = path(exchange.getRequestURI());
        List<Route> matching = routes.matching(path);
        if (matching.isEmpty()) {
            return CompletableFuture.completedFuture(
                    Response.problem(404, "Not Found", "there is nothing at this path"));
        }
        String method = isHead(exchange) ? "GET" : exchange.getRequestMethod();
        for (Route route : matching) {
            if (route.method().equals(method)) {
                String token = exchange.getRequestHeaders().getFirst(AccessControl.HEADER);
                var caller = (route.isPublic() ? AccessControl.off() : accessControl).authenticate(token);
                return route.endpoint()
                        .apply(new Request(
                                caller, route.match(path), parameters(exchange.getRequestURI()), body(exchange)));
            }
        }
        List<String> allowed = matching.stream().map(Route::method).toList();
        exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
        return CompletableFuture.completedFuture(
                Response.problem(405, "Method Not Allowed", "this path knows " + String.join(" and ", allowed)));
    }

    /**
     * Pages of other sites, which a browser on this machine shows, must not reach a node that asks for no token. Browsers name
     * the site in what changes something; and a site whose name was given this machine's address stands in {@code Host}.
     */
    private void requireNoWebPage(HttpExchange exchange) {
        if (exchange.getRequestHeaders().containsKey("Origin")) {
            throw Refusal.forbidden("this is no place for web pages: requests with an Origin header are refused");
        }
        String host = exchange.getRequestHeaders().getFirst("Host");
        if (knowsItsHosts && host != null && !isOwn(host)) {
            throw Refusal.forbidden(
                    "a node without access control that only this machine reaches is asked as localhost or by"
                            + " an address, not as " + host);
        }
    }

    private boolean isOwn(String header) {
        String host = PORT.matcher(header).replaceFirst("");
        return host.equalsIgnoreCase("localhost")
                || host.equalsIgnoreCase(ownHost)
                || ADDRESS.matcher(host).matches();
    }

    private static String body(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
        if (body.length > MAX_BODY_BYTES) {
            throw Refusal.invalid("the body may have " + MAX_BODY_BYTES + " bytes at most");
        }
        return new String(body, StandardCharsets.UTF_8);
    }

    private static List<String> path(URI uri) {
        List<String> parts = new ArrayList<>();
        for (String part : uri.getRawPath().split("/", -1)) {
            parts.add(decode(part.replace("+", "%2B")));
        }
        return parts.subList(Math.min(1, parts.size()), parts.size());
    }

    private static Map<String, String> parameters(URI uri) {
        Map<String, String> parameters = new HashMap<>();
        if (uri.getRawQuery() != null) {
            for (String pair : uri.getRawQuery().split("&", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    parameters.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
                }
            }
        }
        return parameters;
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid("a percent sign in the address is not followed by two hexadecimal digits");
        }
    }

    /** What GET would answer, without its body: probes ask so. */
    private static boolean isHead(HttpExchange exchange) {
        return exchange.getRequestMethod().equals("HEAD");
    }

    private static void send(HttpExchange exchange, Response response) {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", response.contentType());
            boolean isLengthKnown = response.length() != Response.UNKNOWN;
            if (isHead(exchange)) {
                if (isLengthKnown) {
                    exchange.getResponseHeaders().set("Content-Length", String.valueOf(response.length()));
                }
                exchange.sendResponseHeaders(response.status(), -1);
                return;
            }
            exchange.sendResponseHeaders(response.status(), isLengthKnown ? response.length() : 0);
            OutputStream stream = exchange.getResponseBody();
            response.body().writeTo(stream);
            // Only now: a body that breaks off is not to look whole.
            stream.close();
        } catch (IOException e) {
            LOG.debug("A client did not wait for its answer", e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
