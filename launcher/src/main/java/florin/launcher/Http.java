package florin.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON over HTTP, as a stranger would speak it: no class of the services is known here. */
public final class Http {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(70);
    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpClient client;
    private final Duration timeout;

    /** Waits long for answers. */
    public Http() {
        this(
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .build(),
                REQUEST_TIMEOUT);
    }

    private Http(HttpClient client, Duration timeout) {
        this.client = client;
        this.timeout = timeout;
    }

    /** The same connections, with another limit to how long an answer is waited for. */
    public Http withTimeout(Duration other) {
        return new Http(client, other);
    }

    /**
     * An answer.
     *
     * @param location the header, or null
     * @param text the body as it came
     * @param body the body as JSON; missing if there is none
     */
    public record Reply(int status, String location, String text, JsonNode body) {
        /** The text of a field, {@code a.b} for a field of an object; empty if it is not there. */
        public String get(String path) {
            return body.at("/" + path.replace('.', '/')).asString("");
        }
    }

    /** GET. */
    public Reply get(URI uri) {
        return send(HttpRequest.newBuilder(uri).GET());
    }

    /**
     * POST.
     *
     * @param idempotencyKey the header's value, or null for none
     * @param json the body
     */
    public Reply post(URI uri, String idempotencyKey, String json) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        if (idempotencyKey != null) {
            request.header("Idempotency-Key", idempotencyKey);
        }
        return send(request);
    }

    private Reply send(HttpRequest.Builder builder) {
        HttpRequest request = builder.timeout(timeout).build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            String location = response.headers().firstValue("Location").orElse(null);
            return new Reply(response.statusCode(), location, response.body(), json(response.body()));
        } catch (IOException e) {
            throw new LauncherException(request.method() + " " + request.uri() + " had no answer: " + e + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LauncherException("Interrupted.", e);
        }
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text.isBlank() ? "{}" : text);
        } catch (JacksonException e) {
            return JSON.createObjectNode(); // a body of another kind; its text is still there
        }
    }
}
