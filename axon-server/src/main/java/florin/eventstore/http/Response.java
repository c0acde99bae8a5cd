package florin.eventstore.http;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;

/** What goes back over HTTP; refusals are problems in the sense of RFC 9457. */
record Response(int status, String contentType, String body) {
    static final Response DONE = json(new JsonObject());

    static Response json(JsonElement body) {
        return new Response(200, "application/json", body.toString());
    }

    static Response text(String contentType, String body) {
        return new Response(200, contentType, body);
    }

    static Response problem(int status, String title, String detail) {
        JsonObject problem = new JsonObject();
        problem.addProperty("type", "about:blank");
        problem.addProperty("title", title);
        problem.addProperty("status", status);
        problem.addProperty("detail", detail);
        return new Response(status, "application/problem+json", problem.toString());
    }

    static Response problem(Throwable thrown) {
        Refusal refusal = Refusal.from(thrown);
        String detail = refusal.getMessage();
        return switch (refusal.status()) {
            case INVALID_ARGUMENT -> problem(400, "Bad Request", detail);
            case UNAUTHENTICATED -> problem(401, "Unauthorized", detail);
            case PERMISSION_DENIED -> problem(403, "Forbidden", detail);
            case NOT_FOUND -> problem(404, "Not Found", detail);
            case ALREADY_EXISTS -> problem(409, "Conflict", detail);
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
