package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.AccountUnblocked;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.query.RandomBank.Happened;
import florin.account.query.projection.Half;
import florin.kit.TestPlatform;
import florin.money.Money;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole service over HTTP, fed by a real event store and backed by a real PostgreSQL. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
class AccountQueryTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @DynamicPropertySource
    static void platform(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "account_query");
    }

    @LocalServerPort
    private int port;

    @Autowired
    private EventStore eventStore;

    @Autowired
    private JdbcClient database;

    @Autowired
    private DataSource dataSource;

    private final HttpClient http = HttpClient.newHttpClient();
    private final JsonMapper json = JsonMapper.builder().build();

    @Test
    void an_account_shows_its_balances_its_position_and_its_entries_page_by_page() throws Exception {
        Iban iban = Iban.of("PAGE", 1);
        publish(new Happened(new AccountOpened(iban, "alice", EUR, Money.of("50.00", "EUR")), 0));
        for (int number = 1; number <= 5; number++) {
            publish(new Happened(deposit(iban, "op-" + number, "10.00"), number));
        }

        await().atMost(PATIENCE)
                .until(() -> get("/accounts/" + iban).body().path("position").asInt(-1) == 5);
        JsonNode account = get("/accounts/" + iban).body();
        assertThat(account.path("iban").asString()).isEqualTo(iban.value());
        assertThat(account.path("owner").asString()).isEqualTo("alice");
        assertThat(account.path("currency").asString()).isEqualTo("EUR");
        assertThat(account.path("booked").path("value").asString()).isEqualTo("50.00");
        assertThat(account.path("reserved").path("value").asString()).isEqualTo("0.00");
        assertThat(account.path("available").path("value").asString()).isEqualTo("100.00");
        assertThat(account.path("status").asString()).isEqualTo("OPEN");
        assertThat(get("/accounts?owner=alice").body().path("accounts")).hasSize(1);
        assertThat(get("/accounts?owner=nobody").body().path("accounts")).isEmpty();

        await().atMost(PATIENCE)
                .until(() -> get("/accounts/" + iban + "/entries")
                                .body()
                                .path("entries")
                                .size()
                        == 5);
        JsonNode first = get("/accounts/" + iban + "/entries?limit=2").body();
        assertThat(positions(first)).containsExactly(1, 2);
        publish(new Happened(deposit(iban, "op-6", "10.00"), 6));
        await().atMost(PATIENCE)
                .until(() -> get("/accounts/" + iban + "/entries")
                                .body()
                                .path("entries")
                                .size()
                        == 6);
        JsonNode second = get("/accounts/" + iban + "/entries?limit=2&after="
                        + first.path("next").asString())
                .body();
        assertThat(positions(second)).containsExactly(3, 4);
        JsonNode third = get("/accounts/" + iban + "/entries?limit=2&after="
                        + second.path("next").asString())
                .body();
        assertThat(positions(third)).containsExactly(5, 6);
        assertThat(third.path("next").isMissingNode() || third.path("next").isNull())
                .isTrue();
        JsonNode entry = third.path("entries").get(0);
        assertThat(entry.path("id").asString()).isEqualTo(iban + "-5-C");
        assertThat(entry.path("amount").path("value").asString()).isEqualTo("10.00");
        assertThat(entry.path("kind").asString()).isEqualTo("DEPOSIT");
        assertThat(entry.path("reference").asString()).isEqualTo("salary");

        publish(new Happened(new AccountBlocked(iban, "op-block"), 7));
        awaitStatus(iban, "BLOCKED");
        publish(new Happened(new AccountUnblocked(iban, "op-unblock"), 8));
        awaitStatus(iban, "OPEN");
        publish(new Happened(new AccountClosed(iban, "op-close"), 9));
        awaitStatus(iban, "CLOSED");
    }

    private void awaitStatus(Iban iban, String status) {
        await().atMost(PATIENCE).until(() -> get("/accounts/" + iban)
                .body()
                .path("status")
                .asString()
                .equals(status));
    }

    @Test
    void the_accounts_of_an_owner_are_listed_a_page_at_a_time_the_closed_ones_by_themselves_if_asked()
            throws Exception {
        List<Iban> open = new ArrayList<>();
        List<Iban> closed = new ArrayList<>();
        for (int number = 1; number <= 7; number++) {
            Iban iban = Iban.of("MANY", number);
            publish(new Happened(new AccountOpened(iban, "croesus", EUR, Money.zero(EUR)), 0));
            if (number % 3 == 0) {
                publish(new Happened(new AccountClosed(iban, "op-close"), 1));
                closed.add(iban);
            } else {
                open.add(iban);
            }
        }
        awaitCaughtUp();

        assertThat(accounts("owner=croesus&limit=2")).hasSize(7).isSorted().doesNotHaveDuplicates();
        assertThat(accounts("owner=croesus&limit=2&status=OPEN"))
                .isEqualTo(open.stream().map(Iban::value).sorted().toList());
        assertThat(accounts("owner=croesus&limit=2&status=CLOSED"))
                .isEqualTo(closed.stream().map(Iban::value).sorted().toList());
    }

    /** Those of all pages, each of which but the last is full. */
    private List<String> accounts(String query) throws Exception {
        List<String> ibans = new ArrayList<>();
        JsonNode page = get("/accounts?" + query).body();
        while (page.has("next")) {
            assertThat(page.path("accounts")).hasSize(2);
            page.path("accounts")
                    .forEach(account -> ibans.add(account.path("iban").asString()));
            assertThat(ibans).doesNotHaveDuplicates();
            page = get("/accounts?" + query + "&after=" + page.path("next").asString())
                    .body();
        }
        assertThat(page.path("accounts")).hasSizeBetween(1, 2);
        page.path("accounts").forEach(account -> ibans.add(account.path("iban").asString()));
        return ibans;
    }

    @Test
    void what_is_not_there_or_not_allowed_is_a_problem() throws Exception {
        Answer unknown = get("/accounts/" + Iban.of("NONE", 1));
        assertProblem(unknown, 404, "unknown-account");
        assertThat(unknown.body().path("reason").asString()).isEqualTo("AC01");
        assertProblem(get("/accounts/" + Iban.of("NONE", 1) + "/entries"), 404, "unknown-account");
        assertProblem(get("/accounts/NL00FLNO0000000000"), 400, "invalid-iban");
        assertProblem(get("/accounts/" + Iban.of("NONE", 1) + "/entries?limit=501"), 400, "invalid-request");
        assertProblem(get("/accounts/" + Iban.of("NONE", 1) + "/entries?limit=x"), 400, "invalid-request");
        assertProblem(get("/accounts/" + Iban.of("NONE", 1) + "/entries?after=x"), 400, "invalid-request");
        assertProblem(get("/accounts"), 400, "invalid-request");
        assertProblem(get("/accounts?owner="), 400, "invalid-request");
        assertProblem(get("/accounts?owner=a%00"), 400, "invalid-request");
        assertProblem(get("/accounts?owner=a&limit=501"), 400, "invalid-request");
        assertProblem(get("/accounts?owner=a&status=LOST"), 400, "invalid-request");
        assertProblem(get("/accounts?owner=a&after=x"), 400, "invalid-iban");
        assertProblem(post("/projections/nothing/replay"), 404, "unknown-projection");
        assertProblem(delete("/projections/nothing/replay"), 404, "unknown-projection");
        assertProblem(delete("/projections/accounts/replay"), 409, "replay-not-running");
        assertProblem(get("/projections/nothing/dead-letters"), 404, "unknown-projection");
        assertProblem(post("/projections/nothing/dead-letters/retry"), 404, "unknown-projection");
        HttpRequest page = HttpRequest.newBuilder(uri("/trial-balance"))
                .header("Accept", "text/html")
                .build();
        assertProblem(send(page), 406, "not-acceptable");
    }

    @Test
    void probes_and_the_description_of_the_interface_are_there() throws Exception {
        assertThat(get("/actuator/health/liveness").status()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> get("/actuator/health/readiness").status() == 200);
        JsonNode paths = get("/v3/api-docs").body().path("paths");
        assertThat(paths.propertyNames())
                .contains(
                        "/accounts/{iban}",
                        "/accounts",
                        "/accounts/{iban}/entries",
                        "/trial-balance",
                        "/projections",
                        "/projections/{name}/replay");
    }

    @Test
    void an_event_that_cannot_be_handled_waits_as_a_dead_letter_with_those_behind_it_and_a_replay_finds_it_again()
            throws Exception {
        Iban neverOpened = Iban.of("DEAD", 1);
        Iban fine = Iban.of("DEAD", 2);
        long before = projection("accounts").path("deadLetters").asLong();
        publish(new Happened(deposit(neverOpened, "op-1", "10.00"), 0));
        publish(new Happened(deposit(neverOpened, "op-2", "10.00"), 1));
        publish(new Happened(new AccountOpened(fine, "bob", EUR, Money.zero(EUR)), 0));

        await().atMost(PATIENCE)
                .until(() -> get("/accounts/" + fine).status() == 200
                        && projection("accounts").path("deadLetters").asLong() == before + 2);

        String processor = half("accounts").processor("accounts");
        await().atMost(PATIENCE).until(() -> metrics()
                .contains("axon_dead_letters{processor=\"" + processor + "\"} " + (before + 2.0)));
        assertThat(metrics())
                .contains("axon_event_processor_running{processor=\"accounts\"} 1.0")
                .contains("axon_event_processor_running{processor=\"accounts-odd\"} 1.0")
                .contains("axon_event_processor_failures_total{processor=\"accounts\"} 0.0")
                .contains("axon_event_processor_failures_total{processor=\"accounts-odd\"} 0.0");

        replay("accounts");
        assertThat(projection("accounts").path("deadLetters").asLong()).isEqualTo(before + 2);
        assertThat(get("/accounts/" + fine).status()).isEqualTo(200);
    }

    @Test
    void texts_that_are_too_long_for_their_columns_are_cut_and_stop_nothing() throws Exception {
        Iban iban = Iban.of("LONG", 1);
        publish(new Happened(new AccountOpened(iban, "o".repeat(200), EUR, Money.zero(EUR)), 0));
        publish(new Happened(
                new MoneyDeposited(iban, "op-1", Money.of("10.00", "EUR"), "\ud83d\ude00".repeat(141)), 1));
        publish(new Happened(deposit(iban, "op-2", "10.00"), 2));

        awaitCaughtUp();
        assertThat(get("/accounts?owner=" + "o".repeat(140)).body().path("accounts"))
                .hasSize(1);
        JsonNode entries = get("/accounts/" + iban + "/entries").body().path("entries");
        assertThat(entries).hasSize(2);
        assertThat(entries.get(0).path("reference").asString()).isEqualTo("\ud83d\ude00".repeat(140));
    }

    @Test
    void a_dead_letter_tells_why_it_waits_and_is_handled_in_its_order_once_that_is_mended() throws Exception {
        Iban iban = Iban.of("DEAD", 3);
        long before = projection("accounts").path("deadLetters").asLong();
        publish(new Happened(new AccountOpened(iban, "carol", EUR, Money.zero(EUR)), 0));
        await().atMost(PATIENCE).until(() -> get("/accounts/" + iban).status() == 200);
        setPosition(iban, -1);
        publish(new Happened(deposit(iban, "op-1", "10.00"), 1));
        publish(new Happened(deposit(iban, "op-2", "5.00"), 2));
        await().atMost(PATIENCE)
                .until(() -> projection("accounts").path("deadLetters").asLong() == before + 2);

        List<JsonNode> letters = deadLetters(iban);
        assertThat(letters).hasSize(2);
        assertThat(letters.get(0).path("event").asString()).isEqualTo("MoneyDeposited");
        assertThat(letters.get(0).path("position").asInt()).isEqualTo(1);
        assertThat(letters.get(0).path("cause").asString()).contains("one is missing");
        assertThat(letters.get(1).path("position").asInt()).isEqualTo(2);
        JsonNode tooEarly = post("/projections/accounts/dead-letters/retry").body();
        assertThat(tooEarly.path("accounts").asInt()).isPositive();
        assertThat(tooEarly.path("mended").asInt()).isZero();
        assertThat(tooEarly.path("left").asLong()).isEqualTo(before + 2);

        setPosition(iban, 0);
        refuseWrites(iban);
        assertProblem(post("/projections/accounts/dead-letters/retry"), 503, "database-unavailable");
        assertThat(projection("accounts").path("deadLetters").asLong()).isEqualTo(before + 2);

        allowWrites();
        JsonNode mended = post("/projections/accounts/dead-letters/retry").body();
        assertThat(mended.path("mended").asInt()).isOne();
        assertThat(mended.path("left").asLong()).isEqualTo(before);
        assertThat(deadLetters(iban)).isEmpty();
        assertThat(get("/accounts/" + iban).body().path("booked").path("value").asString())
                .isEqualTo("15.00");
        publish(new Happened(deposit(iban, "op-3", "1.00"), 3));
        await().atMost(PATIENCE).until(() -> get("/accounts/" + iban)
                .body()
                .path("booked")
                .path("value")
                .asString()
                .equals("16.00"));
    }

    @Test
    void what_waits_too_long_for_the_database_is_given_up_also_where_projections_stand() throws Exception {
        for (Map.Entry<String, String> reading : List.of(
                Map.entry("/projections", "token_entry"),
                Map.entry("/projections", "dead_letter_entry"),
                Map.entry("/projections/accounts/dead-letters", "dead_letter_entry"))) {
            try (Connection other = dataSource.getConnection();
                    Statement statement = other.createStatement()) {
                other.setAutoCommit(false);
                statement.execute("LOCK TABLE " + reading.getValue());
                Answer answer = get(reading.getKey());
                assertProblem(answer, 503, "database-unavailable");
                assertThat(answer.body().path("detail").asString()).contains("took too long");
                other.rollback();
                other.setAutoCommit(true);
            }
            assertThat(get(reading.getKey()).status()).isEqualTo(200);
        }
        awaitCaughtUp();
    }

    /** As if PostgreSQL were being stopped. */
    private void refuseWrites(Iban iban) throws Exception {
        int unused = database.sql(
                        """
                        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                            $$ BEGIN RAISE EXCEPTION 'shutting down' USING ERRCODE = '57P01'; END $$
                        """)
                .update();
        int unusedToo = database.sql("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON "
                        + half("accounts").table("account") + " FOR EACH ROW WHEN (NEW.iban = '" + iban
                        + "') EXECUTE FUNCTION refuse()")
                .update();
    }

    private void allowWrites() {
        int unused = database.sql("DROP FUNCTION refuse CASCADE").update();
    }

    private void setPosition(Iban iban, long position) {
        assertThat(database.sql("UPDATE account SET position = ? WHERE iban = ?")
                        .params(position, iban.value())
                        .update())
                .isOne();
    }

    private List<JsonNode> deadLetters(Iban iban) throws Exception {
        List<JsonNode> letters = new ArrayList<>();
        get("/projections/accounts/dead-letters").body().forEach(letter -> {
            if (letter.path("account").asString().equals(iban.value())) {
                letters.add(letter);
            }
        });
        return letters;
    }

    @Test
    void a_replay_ends_with_what_was_there_before_byte_for_byte_also_while_new_events_come() throws Exception {
        RandomBank bank = new RandomBank(1, "RPNO", "RPSO", 12);
        bank.events(400).forEach(this::publish);
        awaitCaughtUp();
        compare(bank);
        List<String> accountsBefore = accountsDump();
        List<String> entriesBefore = entriesDump();
        JsonNode trialBalanceBefore = get("/trial-balance").body();

        replay("accounts");
        replay("entries");
        assertThat(get("/trial-balance").body()).isEqualTo(trialBalanceBefore);
        assertThat(accountsDump()).isEqualTo(accountsBefore);
        assertThat(entriesDump()).isEqualTo(entriesBefore);

        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(
                    () -> {
                        while (!stop.get()) {
                            bank.events(5).forEach(this::publish);
                        }
                    },
                    writer);
            begin("accounts");
            awaitRebuilt();
            begin("entries");
            awaitRebuilt();
            stop.set(true);
            writing.join();
        } finally {
            stop.set(true);
            writer.shutdown();
        }
        awaitCaughtUp();
        compare(bank);
        assertThat(entriesDump()).containsAll(entriesBefore);
        List<String> accountsAfter = accountsDump();
        List<String> entriesAfter = entriesDump();
        replay("accounts");
        replay("entries");
        assertThat(accountsDump()).isEqualTo(accountsAfter);
        assertThat(entriesDump()).isEqualTo(entriesAfter);
        for (JsonNode total : get("/trial-balance").body().path("totals")) {
            assertThat(total.path("value").asString()).matches("0(\\.00)?");
        }
    }

    @Test
    void of_many_replays_at_once_one_is_made_and_the_others_are_refused() throws Exception {
        awaitCaughtUp();
        List<CompletableFuture<HttpResponse<String>>> asked = IntStream.range(0, 4)
                .mapToObj(number -> http.sendAsync(
                        HttpRequest.newBuilder(uri("/projections/entries/replay"))
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString()))
                .toList();
        List<Integer> answers = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> answer : asked) {
            answers.add(answer.join().statusCode());
        }
        Set<Integer> kinds = new HashSet<>(answers);
        assertThat(kinds).contains(202).isSubsetOf(202, 409);
        awaitCaughtUp();
    }

    /** The half that is read. */
    private Half half(String name) throws Exception {
        return Half.of(projection(name).path("generation").asLong());
    }

    private void compare(RandomBank bank) throws Exception {
        for (RandomBank.Account expected : bank.accounts()) {
            JsonNode actual = get("/accounts/" + expected.iban).body();
            assertThat(actual.path("position").asLong()).isEqualTo(expected.position);
            assertThat(actual.path("booked").path("value").asString())
                    .isEqualTo(new Money(expected.booked, expected.currency).value());
            assertThat(actual.path("reserved").path("value").asString())
                    .isEqualTo(new Money(expected.reserved, expected.currency).value());
        }
    }

    private void replay(String name) throws Exception {
        begin(name);
        awaitCaughtUp();
    }

    private void begin(String name) throws Exception {
        Answer answer = post("/projections/" + name + "/replay");
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(202);
        assertThat(answer.location()).isEqualTo("/projections");
    }

    /** While events keep coming, a projection is behind by those of its last period. */
    private void awaitRebuilt() {
        await().atMost(PATIENCE).until(() -> {
            for (JsonNode projection : get("/projections").body()) {
                if (projection.path("replaying").asBoolean()) {
                    return false;
                }
            }
            return true;
        });
    }

    private void awaitCaughtUp() {
        await().atMost(PATIENCE).until(() -> {
            for (JsonNode projection : get("/projections").body()) {
                if (projection.path("replaying").asBoolean()
                        || projection.path("lag").asLong() > 0
                        || projection.path("segments").size() != 2) {
                    return false;
                }
            }
            return true;
        });
    }

    private JsonNode projection(String name) throws Exception {
        for (JsonNode projection : get("/projections").body()) {
            if (projection.path("name").asString().equals(name)) {
                assertThat(projection.path("running").asBoolean()).isTrue();
                return projection;
            }
        }
        throw new AssertionError("no projection " + name);
    }

    private List<String> accountsDump() {
        return database.sql("SELECT row_to_json(account)::text FROM account ORDER BY iban")
                .query(String.class)
                .list();
    }

    private List<String> entriesDump() {
        return database.sql("SELECT row_to_json(entry)::text FROM entry ORDER BY id")
                .query(String.class)
                .list();
    }

    private static MoneyDeposited deposit(Iban iban, String operationId, String amount) {
        return new MoneyDeposited(iban, operationId, Money.of(amount, "EUR"), "salary");
    }

    private void publish(Happened happened) {
        AccountEvent event = happened.event();
        EventMessage<AccountEvent> message =
                new GenericDomainEventMessage<>("Account", event.iban().value(), happened.position(), event);
        eventStore.publish(message);
    }

    private static List<Integer> positions(JsonNode page) {
        List<Integer> positions = new ArrayList<>();
        page.path("entries")
                .forEach(entry -> positions.add(entry.path("position").asInt()));
        return positions;
    }

    private static void assertProblem(Answer answer, int status, String name) {
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(status);
        assertThat(answer.body().path("type").asString()).isEqualTo("https://florin.dev/problems/" + name);
        assertThat(answer.body().path("correlationId").asString()).isNotEmpty();
    }

    private record Answer(int status, String location, JsonNode body) {}

    private Answer get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).GET().build());
    }

    private String metrics() throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(uri("/actuator/prometheus"))
                                .GET()
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private Answer post(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private Answer delete(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).DELETE().build());
    }

    private Answer send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        return new Answer(
                response.statusCode(),
                response.headers().firstValue("Location").orElse(null),
                response.body().isEmpty() ? json.nullNode() : json.readTree(response.body()));
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + port + path);
    }
}
