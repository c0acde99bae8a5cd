package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.eventstore.AxonServerNode;
import florin.eventstore.NodeConfiguration;
import florin.kit.TestPlatform;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A branch whose event store goes away and comes back. */
@DirtiesContext
class EventStoreAwayTest extends BranchClient {

    @TempDir
    static Path data;

    private static AxonServerNode node;

    @DynamicPropertySource
    static void ownEventStore(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "account_flno");
        node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
        registry.add("axon.axonserver.servers", () -> "localhost:" + node.grpcPort());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void aRequestMeanwhileIsToBeTriedAgainAndThenHasItsEffectOnce() {
        String iban = open();
        String key = UUID.randomUUID().toString();
        String path = "/accounts/" + iban + "/deposits";
        NodeConfiguration same = NodeConfiguration.of(data, node.grpcPort(), node.httpPort());
        node.close();

        Answer away = post(path, amount("10.00", "EUR"), "Idempotency-Key", key);
        assertThat(away.status()).as(away.raw().body()).isEqualTo(503);
        assertThat(away.header("Retry-After")).isNotNull();
        assertThat(away.text("type")).endsWith("-unavailable");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(get("/actuator/health/readiness").status()).isEqualTo(503));
        assertThat(get("/actuator/health/liveness").status()).isEqualTo(200);

        node = AxonServerNode.start(same);

        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(get("/actuator/health/readiness").status()).isEqualTo(200));
        await().atMost(PATIENCE).untilAsserted(() -> post(path, amount("10.00", "EUR"), "Idempotency-Key", key)
                .isCreated());
        assertThat(post(path, amount("10.00", "EUR"), "Idempotency-Key", key)
                        .isCreated()
                        .text("booked.value"))
                .isEqualTo("10.00");
    }
}
