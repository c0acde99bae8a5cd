package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.query.RandomBank.Happened;
import florin.account.query.control.ProjectionStatus;
import florin.account.query.control.Projections;
import florin.account.query.control.Replays;
import florin.kit.TestPlatform;
import java.time.Duration;
import java.util.List;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A process that ends in the middle of a replay. */
class InterruptedReplayTest {

    private final String database = TestPlatform.freshDatabaseUrl("interrupted_replay");

    @Test
    void a_replay_that_was_interrupted_goes_on_with_the_next_start_and_ends_as_it_should() {
        List<String> before;
        try (ConfigurableApplicationContext first = start()) {
            EventStore eventStore = first.getBean(EventStore.class);
            RandomBank bank = new RandomBank(2, "IPNO", "IPSO", 12);
            for (Happened happened : bank.events(600)) {
                eventStore.publish(new GenericDomainEventMessage<>(
                        "Account", happened.event().iban().value(), happened.position(), happened.event()));
            }
            awaitCaughtUp(first);
            before = dump(first);
            first.getBean(Replays.class).begin("accounts");
            first.getBean(Replays.class).begin("entries");
        }

        try (ConfigurableApplicationContext second = start()) {
            awaitCaughtUp(second);
            assertThat(dump(second)).isEqualTo(before);
        }
    }

    private ConfigurableApplicationContext start() {
        return new SpringApplicationBuilder(AccountQueryApplication.class)
                .run(
                        "--server.port=0",
                        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
                        "--spring.datasource.url=" + database,
                        "--spring.datasource.username=postgres",
                        "--spring.datasource.password=postgres");
    }

    private static void awaitCaughtUp(ConfigurableApplicationContext service) {
        Projections projections = service.getBean(Projections.class);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> projections.status().stream().allMatch(InterruptedReplayTest::isCaughtUp));
    }

    private static boolean isCaughtUp(ProjectionStatus projection) {
        return !projection.replaying()
                && projection.lag() == 0
                && projection.segments().size() == 2;
    }

    static List<String> dump(ConfigurableApplicationContext service) {
        return service.getBean(JdbcClient.class)
                .sql(
                        """
                        SELECT row_to_json(account)::text FROM account
                        UNION ALL SELECT row_to_json(entry)::text FROM entry
                        UNION ALL SELECT concat_ws(' ', ledger, currency, sum(amount_minor))
                            FROM ledger_balance GROUP BY ledger, currency
                        ORDER BY 1""")
                .query(String.class)
                .list();
    }
}
