package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountOpened;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.query.StreamClient.Event;
import florin.kit.TestPlatform;
import florin.money.Money;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Currency;
import java.util.concurrent.atomic.AtomicLong;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** A stream whose database goes away and comes back, and whose service is stopped. */
class InterruptedStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    private Path folder;

    @Test
    void it_goes_on_when_the_database_is_back_beside_as_many_as_may_be_and_is_ended_when_the_service_is_stopped()
            throws Exception {
        Iban iban = Iban.of("STIN", 1);
        int databasePort = TestPlatform.freePort();
        EmbeddedPostgres database = start(databasePort);
        ConfigurableApplicationContext service = new SpringApplicationBuilder(AccountQueryApplication.class)
                .run(
                        "--server.port=0",
                        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                        "--axon.axonserver.context=interrupted-stream",
                        "--florin.query.streams=2",
                        "--spring.datasource.url=jdbc:postgresql://localhost:" + databasePort + "/postgres",
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres");
        try {
            EventStore eventStore = service.getBean(EventStore.class);
            publish(
                    eventStore,
                    new AccountOpened(iban, "alice", Currency.getInstance("EUR"), Money.of("0.00", "EUR")),
                    iban,
                    0);
            deposit(eventStore, iban, 1);
            URI address = URI.create("http://localhost:"
                    + ((WebServerApplicationContext) service).getWebServer().getPort() + "/accounts/" + iban
                    + "/entries/stream?after=0");
            try (StreamClient client = new StreamClient(() -> address)) {
                await().atMost(PATIENCE).until(() -> client.entries().size() == 1);
                database.close();
                deposit(eventStore, iban, 2);
                database = start(databasePort);
                deposit(eventStore, iban, 3);

                await().atMost(PATIENCE).until(() -> client.entries().size() == 3);
                assertThat(client.entries()).extracting(Event::id).containsExactly("1", "2", "3");
                assertThat(client.connections()).isOne();

                HttpResponse<InputStream> second = open(address, BodyHandlers.ofInputStream());
                assertThat(second.statusCode()).isEqualTo(200);
                HttpResponse<String> third = open(address, BodyHandlers.ofString());
                assertThat(third.statusCode()).isEqualTo(503);
                assertThat(third.headers().firstValue("Retry-After")).isPresent();
                assertThat(third.headers().firstValue("Content-Type")).hasValue("application/problem+json");
                assertThat(third.headers().firstValue("Cache-Control")).isEmpty();
                assertThat(third.body()).contains("https://florin.dev/problems/too-many-streams", "correlationId");
                second.body().close();
                AtomicLong position = new AtomicLong(3);
                await().atMost(PATIENCE).until(() -> {
                    deposit(eventStore, iban, position.incrementAndGet());
                    HttpResponse<InputStream> another = open(address, BodyHandlers.ofInputStream());
                    another.body().close();
                    return another.statusCode() == 200;
                });

                service.close();
                // A stream that the web server had waited for in vain would be cut off.
                await().atMost(PATIENCE).until(() -> client.ends() == 1);
            }
        } finally {
            service.close();
            database.close();
        }
    }

    private <B> HttpResponse<B> open(URI address, HttpResponse.BodyHandler<B> body) throws Exception {
        return http.send(HttpRequest.newBuilder(address).build(), body);
    }

    private EmbeddedPostgres start(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("database"))
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    private static void deposit(EventStore eventStore, Iban iban, long position) {
        publish(
                eventStore,
                new MoneyDeposited(iban, "op-" + position, Money.of("1.00", "EUR"), "salary"),
                iban,
                position);
    }

    private static void publish(EventStore eventStore, Object event, Iban iban, long position) {
        eventStore.publish(new GenericDomainEventMessage<>("Account", iban.value(), position, event));
    }
}
