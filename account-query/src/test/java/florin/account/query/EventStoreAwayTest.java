package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountOpened;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.eventstore.AxonServerNode;
import florin.eventstore.NodeConfiguration;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Currency;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What has been projected can be read while the event store is away. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
class EventStoreAwayTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Currency EUR = Currency.getInstance("EUR");

    @TempDir
    static Path data;

    private static AxonServerNode node;

    @DynamicPropertySource
    static void ownEventStore(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "account_query_away");
        node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
        registry.add("axon.axonserver.servers", () -> "localhost:" + node.grpcPort());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @LocalServerPort
    private int port;

    @Autowired
    private EventStore eventStore;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void accounts_entries_and_the_trial_balance_are_read_meanwhile() throws Exception {
        Iban iban = Iban.of("AWAY", 1);
        publish(0, iban, new AccountOpened(iban, "alice", EUR, Money.zero(EUR)));
        publish(1, iban, new MoneyDeposited(iban, "op-1", Money.of("10.00", "EUR"), "salary"));
        await().atMost(PATIENCE)
                .until(() -> get("/accounts/" + iban).body().contains("\"position\":1")
                        && get("/accounts/" + iban + "/entries").body().contains("salary"));
        node.close();
        await().atMost(PATIENCE).until(() -> get("/actuator/health/readiness").statusCode() == 503);

        for (String path : new String[] {
            "/accounts/" + iban, "/accounts?owner=alice", "/accounts/" + iban + "/entries", "/trial-balance"
        }) {
            HttpResponse<String> read = get(path);
            assertThat(read.statusCode()).as(read.body()).isEqualTo(200);
            assertThat(read.body()).contains("10.00");
        }
        assertThat(get("/accounts/" + Iban.of("AWAY", 2)).statusCode()).isEqualTo(404);
    }

    private void publish(long position, Iban iban, Object event) {
        eventStore.publish(new GenericDomainEventMessage<>("Account", iban.value(), position, event));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
