package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Branch FLNO, used over HTTP. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "florin.branch=FLNO")
abstract class BranchClient {

    /** How long a condition is waited for; a machine may be slow. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.shared();

    @LocalServerPort
    private int port;

    /** A status, a body and the headers. */
    record Answer(int status, JsonNode body, HttpResponse<String> raw) {

        String header(String name) {
            return raw.headers().firstValue(name).orElse(null);
        }

        String text(String pointer) {
            return body.at("/" + pointer.replace('.', '/')).asString();
        }

        Answer isProblem(int expectedStatus, String type) {
            assertThat(raw.body()).contains("\"https://florin.dev/problems/" + type + "\"");
            assertThat(status).isEqualTo(expectedStatus);
            assertThat(header("Content-Type")).startsWith("application/problem+json");
            assertThat(text("correlationId")).isEqualTo(header("X-Correlation-ID"));
            assertThat(body.at("/status").asInt()).isEqualTo(expectedStatus);
            assertThat(text("title")).isNotEmpty();
            assertThat(text("detail")).isNotEmpty();
            return this;
        }

        Answer isCreated() {
            assertThat(status).as(raw.body()).isEqualTo(201);
            return this;
        }
    }

    Answer post(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    Answer get(String path) {
        return send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .build());
    }

    private static Answer send(HttpRequest request) {
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            boolean json = response.headers()
                    .firstValue("Content-Type")
                    .filter(type -> type.contains("json"))
                    .isPresent();
            return new Answer(response.statusCode(), json ? JSON.readTree(response.body()) : JSON.nullNode(), response);
        } catch (IOException broken) {
            throw new AssertionError(broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AssertionError(stopped);
        }
    }

    static String someone() {
        return "owner-" + UUID.randomUUID();
    }

    static String opening(String owner, String currency) {
        return "{\"owner\":\"" + owner + "\",\"currency\":\"" + currency + "\"}";
    }

    static String amount(String value, String currency) {
        return "{\"amount\":{\"value\":\"" + value + "\",\"currency\":\"" + currency + "\"},\"reference\":\"cash\"}";
    }

    /** The IBAN of a new account in euros. */
    String open() {
        return post("/accounts", opening(someone(), "EUR")).isCreated().text("iban");
    }

    Answer deposit(String iban, String value) {
        return post("/accounts/" + iban + "/deposits", amount(value, "EUR"));
    }

    Answer withdraw(String iban, String value) {
        return post("/accounts/" + iban + "/withdrawals", amount(value, "EUR"));
    }

    Answer close(String iban) {
        return post("/accounts/" + iban + "/closure", "{}");
    }
}
