package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.Iban;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

class DatabaseAwayTest {

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void aServiceIsNotReadyWhileItsDatabaseIsAwayAndRecoversByItself() throws IOException {
        int databasePort = TestPlatform.freePort();
        EmbeddedPostgres database = start(databasePort);
        try (ConfigurableApplicationContext service = new SpringApplicationBuilder(KitTest.Application.class)
                .run(
                        "--spring.config.import=classpath:florin-service.yml",
                        "--florin.branch=FLNO",
                        "--server.port=0",
                        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                        "--spring.datasource.url=jdbc:postgresql://localhost:" + databasePort + "/postgres",
                        "--spring.flyway.locations=" + KitTest.TABLES,
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres")) {
            int port = ((WebServerApplicationContext) service).getWebServer().getPort();
            awaitReadiness(port, 200);
            database.close();
            awaitReadiness(port, 503);
            assertThat(get(port, "/actuator/health/liveness").statusCode()).isEqualTo(200);
            HttpResponse<String> needsNone = get(port, "/payments/" + Iban.of("FLNO", 1) + "/TRF-1");
            assertThat(needsNone.statusCode()).as(needsNone.body()).isEqualTo(200);
            HttpResponse<String> refused = pay(port);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("database-unavailable");
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            HttpResponse<String> unanswered = get(port, "/payments/count");
            assertThat(unanswered.statusCode()).as(unanswered.body()).isEqualTo(503);
            assertThat(unanswered.body()).contains("database-unavailable");
            assertThat(unanswered.headers().firstValue("Retry-After")).isPresent();
            database = start(databasePort);
            awaitReadiness(port, 200);
            assertThat(pay(port).statusCode()).isEqualTo(201);
            assertThat(get(port, "/payments/count").statusCode()).isEqualTo(200);
        } finally {
            database.close();
        }
    }

    private EmbeddedPostgres start(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("database"))
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    private void awaitReadiness(int port, int status) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> get(port, "/actuator/health/readiness").statusCode() == status);
    }

    private HttpResponse<String> get(int port, String path) {
        return send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header(Correlation.HEADER, "the-correlation"));
    }

    private HttpResponse<String> pay(int port) {
        return send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/payments"))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "database-away")
                .POST(HttpRequest.BodyPublishers.ofString("{\"reference\":\"rent\"}")));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }
}
