package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.Iban;
import florin.account.query.RandomBank.Happened;
import florin.account.query.control.ProjectionStatus;
import florin.account.query.control.Projections;
import florin.account.query.control.Replays;
import florin.account.query.projection.Half;
import florin.kit.TestPlatform;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Two instances of the service, one of which is a process of its own: what one begins, both know, and the other ends. */
class SeveralInstancesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final String url = TestPlatform.freshDatabaseUrl("several_instances");
    private final String[] arguments = {
        "--server.port=0",
        "--axon.axonserver.servers=localhost:" + TestPlatform.axonServerPort(),
        "--axon.axonserver.context=instances-" + UUID.randomUUID(),
        "--spring.datasource.url=" + url,
        "--spring.datasource.username=postgres",
        "--spring.datasource.password=postgres"
    };
    private final RandomBank bank = new RandomBank(3, "SINO", "SISO", 12);

    private ConfigurableApplicationContext own;
    private QueryProcess other;
    private JdbcClient database;

    @BeforeEach
    void start() throws Exception {
        own = new SpringApplicationBuilder(AccountQueryApplication.class).run(arguments);
        database = own.getBean(JdbcClient.class);
        publish(600);
        awaitCaughtUp();
        other = QueryProcess.start(arguments);
    }

    @AfterEach
    void stop() {
        other.close();
        own.close();
    }

    @Test
    void a_replay_whose_instance_is_killed_is_ended_by_another_and_what_is_read_is_whole_meanwhile() throws Exception {
        List<String> before = dump();
        try (Connection locking = DriverManager.getConnection(url, "postgres", "postgres");
                Statement lock = locking.createStatement()) {
            locking.setAutoCommit(false);
            lock.execute("LOCK TABLE " + Half.ODD.table("account") + " IN SHARE MODE");
            assertThat(other.post("/projections/accounts/replay").statusCode()).isEqualTo(202);
            await().atMost(PATIENCE).until(this::somebodyWaits);
            assertThat(dump()).isEqualTo(before);
            other.close();
            locking.rollback();
        }
        assertThat(status("accounts").replaying()).isTrue();
        assertThat(dump()).isEqualTo(before);

        awaitGeneration("accounts", 1);
        assertThat(dump()).isEqualTo(before);
        publish(100);
        awaitCaughtUp();
        assertThat(dump()).isEqualTo(rebuilt());
    }

    @Test
    void an_instance_that_was_frozen_in_a_replay_goes_on_with_what_is_read_by_then() throws Exception {
        assertThat(other.post("/projections/entries/replay").statusCode()).isEqualTo(202);
        awaitGeneration("entries", 1);
        assertThat(other.get("/projections").body()).contains("\"generation\":1");
        await().atMost(PATIENCE).until(this::isNothingLeft);
        other.freeze();
        publish(100);
        awaitCaughtUp();
        own.getBean(Replays.class).begin("entries");
        own.getBean(Replays.class).begin("accounts");
        awaitGeneration("entries", 2);
        awaitGeneration("accounts", 1);
        List<String> before = dump();

        other.thaw();
        await().atMost(PATIENCE).until(() -> other.get("/projections").body().contains("\"generation\":2"));
        assertThat(dump()).isEqualTo(before);
        publish(100);
        awaitCaughtUp();
        assertThat(dump()).isEqualTo(rebuilt());
    }

    @Test
    void streams_of_each_instance_show_all_entries_and_a_client_whose_instance_is_killed_goes_on_at_another()
            throws Exception {
        Iban iban = bank.accounts().get(0).iban;
        int ownPort = ((WebServerApplicationContext) own).getWebServer().getPort();
        AtomicInteger port = new AtomicInteger(other.port());
        try (StreamClient atOwn = new StreamClient(() -> stream(ownPort, iban));
                StreamClient atOther = new StreamClient(() -> stream(port.get(), iban))) {
            publish(300);
            awaitCaughtUp();
            awaitAll(iban, atOwn);
            awaitAll(iban, atOther);

            other.close();
            publish(300);
            port.set(ownPort);
            awaitCaughtUp();
            awaitAll(iban, atOwn);
            awaitAll(iban, atOther);

            other = QueryProcess.start(arguments);
            port.set(other.port());
            atOther.disconnect();
            publish(300);
            awaitCaughtUp();
            awaitAll(iban, atOwn);
            awaitAll(iban, atOther);
            assertThat(atOwn.connections()).isOne();
            assertThat(atOther.connections()).isEqualTo(3);
        }
    }

    private static URI stream(int port, Iban iban) {
        return URI.create("http://localhost:" + port + "/accounts/" + iban + "/entries/stream?after=0");
    }

    private void awaitAll(Iban iban, StreamClient client) {
        List<String> positions = database.sql(
                        "SELECT position::text FROM entry WHERE account = ? ORDER BY entry.position")
                .param(iban.value())
                .query(String.class)
                .list();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(client.entries())
                .extracting(StreamClient.Event::id)
                .isEqualTo(positions));
    }

    private boolean isNothingLeft() {
        return database.sql("SELECT every(other_half = 'EMPTY') FROM projection")
                .query(Boolean.class)
                .single();
    }

    private boolean somebodyWaits() {
        return database.sql("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                .query(Boolean.class)
                .single();
    }

    /** By a replay of all. */
    private List<String> rebuilt() {
        for (ProjectionStatus projection : own.getBean(Projections.class).status()) {
            own.getBean(Replays.class).begin(projection.name());
            awaitGeneration(projection.name(), projection.generation() + 1);
        }
        return dump();
    }

    private void publish(int events) {
        EventStore eventStore = own.getBean(EventStore.class);
        for (Happened happened : bank.events(events)) {
            eventStore.publish(new GenericDomainEventMessage<>(
                    "Account", happened.event().iban().value(), happened.position(), happened.event()));
        }
    }

    private void awaitCaughtUp() {
        await().atMost(PATIENCE).until(() -> own.getBean(Projections.class).status().stream()
                .allMatch(projection -> projection.lag() == 0));
    }

    private void awaitGeneration(String name, long generation) {
        await().atMost(PATIENCE).until(() -> status(name).generation() == generation);
    }

    private ProjectionStatus status(String name) {
        return own.getBean(Projections.class).status().stream()
                .filter(projection -> projection.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private List<String> dump() {
        return InterruptedReplayTest.dump(own);
    }
}
