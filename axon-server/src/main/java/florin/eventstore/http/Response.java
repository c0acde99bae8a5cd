package florin.eventstore.http;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonWriter;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;

/**
 * What goes back over HTTP; refusals are problems in the sense of RFC 9457.
 *
 * @param length how many bytes the body has, {@link #UNKNOWN} if that is not known before it is written
 */
record Response(int status, String contentType, long length, Body body) {
    static final long UNKNOWN = -1;
    static final Response DONE = json(new JsonObject());

    /** Writes a body, once. */
    interface Body {
        void writeTo(OutputStream stream) throws IOException;
    }

    /** Writes JSON, once. */
    interface Json {
        void writeTo(JsonWriter writer) throws IOException;
    }

    static Response json(JsonElement body) {
        return json(200, body);
    }

    static Response json(int status, JsonElement body) {
        return of(status, "application/json", body.toString());
    }

    /** JSON that is made while the client reads it: it may be long. */
    static Response json(Json body) {
        return new Response(200, "application/json", UNKNOWN, stream -> {
            JsonWriter writer = new JsonWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
            body.writeTo(writer);
            writer.flush();
        });
    }

    static Response text(String contentType, String body) {
        return of(200, contentType, body);
    }

    private static Response of(int status, String contentType, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return new Response(status, contentType, bytes.length, stream -> stream.write(bytes));
    }

    static Response problem(int status, String title, String detail) {
        JsonObject problem = new JsonObject();
        problem.addProperty("type", "about:blank");
        problem.addProperty("title", title);
        problem.addProperty("status", status);
        problem.addProperty("detail", detail);
        return of(status, "application/problem+json", problem.toString());
    }

    static Response problem(Throwable thrown) {
        Refusal refusal = Refusal.from(thrown);
        String detail = refusal.getMessage();
        return switch (refusal.status()) {
            case INVALID_ARGUMENT -> problem(400, "Bad Request", detail);
            case UNAUTHENTICATED -> problem(401, "Unauthorized", detail);
            case PERMISSION_DENIED -> problem(403, "Forbidden", detail);
            case NOT_FOUND -> problem(404, "Not Found", detail);
            case RESOURCE_EXHAUSTED -> problem(429, "Too Many Requests", detail);
            case UNAVAILABLE ->
                refusal.category() == ErrorCategory.INSTRUCTION_EXECUTION_ERROR
                        ? problem(502, "Bad Gateway", detail)
                        : problem(503, "Service Unavailable", detail);
            case DEADLINE_EXCEEDED -> problem(504, "Gateway Timeout", detail);
            default -> problem(500, "Internal Server Error", detail);
        };
    }
}
