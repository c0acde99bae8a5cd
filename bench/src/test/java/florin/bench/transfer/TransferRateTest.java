package florin.bench.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import florin.bench.Measured;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each load does what it says, against services that complete every transfer at once; how fast is not asked here. */
class TransferRateTest {

    @Test
    void withoutOptionsItMeasuresTheLaunchersPorts() {
        Options options = Options.of();
        assertThat(options.transfers()).isEqualTo(URI.create("http://localhost:8083"));
        assertThat(options.clients()).containsExactly(1, 16, 64);
        assertThat(options.reference()).isEmpty();
        assertThat(options.processes()).isEmpty();
    }

    @Test
    void aRunningPlatformTellsWhereItIs(@TempDir Path data) throws IOException {
        Files.writeString(
                data.resolve("florin.state"),
                """
                names=postgresql transfer-saga
                postgresql.pid=7
                postgresql.url=jdbc:postgresql://127.0.0.1:9/
                transfer-saga.pid=8
                transfer-saga.url=http://localhost:1
                account-command-flno.url=http://localhost:2
                account-command-flso.url=http://localhost:3
                axon-server.url=http://localhost:4
                """);
        Files.writeString(data.resolve("database.passwords"), "postgres=secret\n");
        Options options = Options.of("--data", data.toString(), "--second-branch", "http://elsewhere:5");
        assertThat(options.transfers()).isEqualTo(URI.create("http://localhost:1"));
        assertThat(options.firstBranch()).isEqualTo(URI.create("http://localhost:2"));
        assertThat(options.secondBranch()).isEqualTo(URI.create("http://elsewhere:5"));
        assertThat(options.events()).contains(URI.create("http://localhost:4"));
        assertThat(options.reference()).contains("jdbc:postgresql://127.0.0.1:9/postgres");
        assertThat(options.referencePassword()).isEqualTo("secret");
        assertThat(options.processes()).containsEntry("postgresql", 7L).containsEntry("transfer-saga", 8L);
    }

    @Test
    void everyLoadIsBounded() {
        assertThatThrownBy(() -> Options.of("--clients", "1,100000")).hasMessageContaining("512");
        assertThatThrownBy(() -> Options.of("--accounts", "1")).hasMessageContaining("4");
        assertThatThrownBy(() -> Options.of("--seconds", "0")).hasMessageContaining("600");
        assertThatThrownBy(() -> Options.of("--minutes", "100000")).hasMessageContaining("1440");
        assertThatThrownBy(() -> Options.of("--colour", "red")).hasMessageContaining("--colour");
        assertThatThrownBy(() -> Options.of("--colour")).hasMessageContaining("value");
        assertThatThrownBy(() -> Options.of("--transfers", "here")).hasMessageContaining("--transfers");
        assertThatThrownBy(() -> Options.of("--data", "nowhere")).hasMessageContaining("nowhere");
    }

    @Test
    void anOpenLoadMakesEveryCallAndCountsThoseThatFail() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Measured measured = Load.open(() -> new Counting(calls), 100, 0.2);
        assertThat(calls).hasValue(20);
        assertThat(measured.calls()).isEqualTo(10);
        assertThat(measured.errors()).isEqualTo(10);
    }

    @Test
    void clientsAreConnectedBeforeTheTimeBegins() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Load.Client slow = new Counting(calls) {
            @Override
            public void connect() throws InterruptedException {
                TimeUnit.SECONDS.sleep(1);
            }
        };
        Measured measured = Load.closed(() -> slow, 1, 0.1);
        assertThat(calls.get()).isPositive();
        assertThat(measured.elapsedNs()).isBetween(100_000_000L, 1_000_000_000L);
    }

    /** Does every second call. */
    private static class Counting implements Load.Client {
        private final AtomicInteger calls;

        Counting(AtomicInteger calls) {
            this.calls = calls;
        }

        @Override
        public void connect() throws InterruptedException {
            // It has no connection.
        }

        @Override
        public boolean call() throws InterruptedException {
            TimeUnit.MILLISECONDS.sleep(1);
            return calls.incrementAndGet() % 2 == 0;
        }

        @Override
        public void close() {
            // It has no connection.
        }
    }

    @Test
    void everyRowRunsAndTheReferenceLeavesNothingBehind() throws Exception {
        try (Services services = new Services();
                EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            String address = services.address();
            TransferRate.run(
                    Options.of(
                            "--first-branch",
                            address,
                            "--second-branch",
                            address,
                            "--transfers",
                            address,
                            "--events",
                            address,
                            "--reference",
                            postgres.getJdbcUrl("postgres", "postgres"),
                            "--accounts",
                            "10",
                            "--clients",
                            "2",
                            "--open-rate",
                            "1000",
                            "--warm-up",
                            "1",
                            "--seconds",
                            "1",
                            "--rounds",
                            "1"),
                    new PrintStream(printed, true, StandardCharsets.UTF_8));
            assertThat(services.opened).hasValue(10);
            assertThat(services.transfers.get()).isPositive();
            assertThat(services.waits.get())
                    .as("transfers that were not final at once")
                    .isPositive();
            assertThat(printed.toString(StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.matches(".* \\| 0 \\| .* \\| 0 \\| .* to .*")))
                    .hasSize(3);
            try (Connection connection = postgres.getPostgresDatabase().getConnection();
                    ResultSet left = connection
                            .createStatement()
                            .executeQuery("SELECT count(*) FROM pg_database WHERE datname LIKE 'bench%'")) {
                left.next();
                assertThat(left.getInt(1)).isZero();
            }
        }
    }

    /** Both branches and transfer-saga; every third transfer is only accepted, and completes when it is asked for. */
    private static final class Services implements AutoCloseable {
        private final AtomicInteger opened = new AtomicInteger();
        private final AtomicInteger transfers = new AtomicInteger();
        private final AtomicInteger waits = new AtomicInteger();
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final HttpServer server;

        Services() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(threads);
            server.createContext("/accounts", exchange -> {
                assertThat(exchange.getRequestHeaders()).containsKey("Idempotency-Key");
                if (exchange.getRequestURI().getPath().endsWith("/deposits")) {
                    answer(exchange, 201, "{}");
                } else {
                    answer(exchange, 201, "{\"iban\": \"NL" + opened.incrementAndGet() + "\"}");
                }
            });
            server.createContext("/transfers", exchange -> {
                if (exchange.getRequestMethod().equals("GET")) {
                    waits.incrementAndGet();
                    answer(exchange, 200, "{\"status\": \"COMPLETED\"}");
                } else {
                    assertThat(exchange.getRequestHeaders().getFirst("Prefer")).isEqualTo("wait=30");
                    boolean isFinal = transfers.incrementAndGet() % 3 != 0;
                    answer(exchange, isFinal ? 200 : 202, "{\"status\": \"COMPLETED\"}");
                }
            });
            server.start();
        }

        String address() {
            return "http://localhost:" + server.getAddress().getPort();
        }

        private static void answer(HttpExchange exchange, int status, String json) throws IOException {
            exchange.getRequestBody().readAllBytes();
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, json.equals("{}") ? body.length : 0); // 0 means chunked.
            exchange.getResponseBody().write(body);
            exchange.close();
        }

        @Override
        public void close() {
            server.stop(0);
            threads.shutdownNow();
        }
    }
}
