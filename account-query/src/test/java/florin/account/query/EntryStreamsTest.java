package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.AccountOpened;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.query.RandomBank.Happened;
import florin.account.query.StreamClient.Event;
import florin.account.query.control.ProjectionStatus;
import florin.account.query.control.Projections;
import florin.account.query.control.Replays;
import florin.account.query.stream.EntryStreams;
import florin.kit.TestPlatform;
import florin.money.Money;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Entries as they come, to clients of all kinds. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@DirtiesContext
class EntryStreamsTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @DynamicPropertySource
    static void platform(DynamicPropertyRegistry registry) {
        TestPlatform.register(registry, "entry_streams");
        registry.add("axon.axonserver.context", () -> "entry-streams");
    }

    @LocalServerPort
    private int port;

    @Autowired
    private EventStore eventStore;

    @Autowired
    private JdbcClient database;

    @Autowired
    private Projections projections;

    @Autowired
    private Replays replays;

    @Autowired
    private EntryStreams entryStreams;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final JsonMapper json = JsonMapper.builder().build();
    private final Set<Iban> asked = new HashSet<>();

    /** By another entry, rather than by the comments that are sent to them. */
    @AfterEach
    void noticeThoseThatHaveGone() {
        await().atMost(PATIENCE).until(() -> {
            asked.forEach(this::insertNext);
            return streams().equals("0.0");
        });
    }

    @Test
    void a_client_is_sent_what_comes_from_its_request_on_as_the_list_shows_it() throws Exception {
        Iban iban = open("SNOW", 1);
        deposit(iban, 1);
        awaitEntries(iban, 1);

        try (StreamClient client = follow(iban, "")) {
            await().atMost(PATIENCE).until(() -> !client.events().isEmpty());
            assertThat(client.events()).containsExactly(new Event("1", null, null));
            deposit(iban, 2);
            deposit(iban, 3);

            await().atMost(PATIENCE).until(() -> client.entries().size() == 2);
            assertThat(client.entries()).extracting(Event::id).containsExactly("2", "3");
            assertThat(client.entries()).extracting(Event::name).containsOnly("entry");
            String listed = get("/accounts/" + iban + "/entries").body();
            assertThat(client.entries()).allSatisfy(entry -> assertThat(listed).contains(entry.data()));
        }
    }

    @Test
    void a_client_that_has_seen_some_is_sent_all_after_that_however_many() throws Exception {
        Iban iban = Iban.of("SAFT", 1);
        insert(iban, 1_000);
        long[] all = LongStream.rangeClosed(1, 1_000).toArray();

        try (StreamClient fromTheStart = follow(iban, "?after=0");
                StreamClient fromTheMiddle = follow(iban, "?after=949");
                StreamClient fromTheEnd = follow(iban, "?after=1000")) {
            awaitLast(fromTheStart, 1_000);
            awaitLast(fromTheMiddle, 1_000);
            insert(iban, 1_001, 1_002);
            awaitLast(fromTheStart, 1_002);
            awaitLast(fromTheMiddle, 1_002);
            awaitLast(fromTheEnd, 1_002);

            assertThat(positions(fromTheStart)).startsWith(all).hasSize(1_002);
            assertThat(positions(fromTheMiddle))
                    .containsExactly(LongStream.rangeClosed(950, 1_002).toArray());
            assertThat(positions(fromTheEnd)).containsExactly(1_001, 1_002);
        }
    }

    @Test
    void the_header_of_a_client_that_comes_again_goes_before_the_address_that_it_came_to_first() throws Exception {
        Iban iban = Iban.of("SHDR", 1);
        insert(iban, 3);
        HttpResponse<InputStream> response = http.send(
                stream(iban, "?after=1")
                        .header("Last-Event-ID", "2")
                        .header("X-Correlation-ID", "the-client")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());

        try (InputStream body = response.body()) {
            String begin = "id: 2\n\nid: 3\nevent: entry\ndata: {";
            assertThat(new String(body.readNBytes(begin.length()), StandardCharsets.UTF_8))
                    .isEqualTo(begin);
        }
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
        assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(response.headers().firstValue("X-Correlation-ID")).hasValue("the-client");
    }

    @Test
    void an_account_that_has_no_entries_yet_can_be_followed() throws Exception {
        Iban iban = open("SNEW", 1);
        awaitAccount(iban);

        try (StreamClient client = follow(iban, "")) {
            await().atMost(PATIENCE).until(() -> !client.events().isEmpty());
            assertThat(client.events()).containsExactly(new Event("0", null, null));
            deposit(iban, 1);
            awaitLast(client, 1);
        }
    }

    @Test
    void what_cannot_be_followed_is_a_problem() throws Exception {
        Iban iban = Iban.of("SBAD", 1);
        assertProblem(get(stream(iban, "")), 404, "unknown-account");
        assertProblem(get(stream(iban, "?after=7")), 404, "unknown-account");
        assertProblem(get(request("/accounts/NL00FLNO0000000000/entries/stream")), 400, "invalid-iban");
        insert(iban, 1);
        for (String malformed : List.of("", "x", "-1", "1.5", "1234567890123456789", "%D9%A1")) {
            assertProblem(get(stream(iban, "?after=" + malformed)), 400, "invalid-request");
        }
        assertProblem(get(stream(iban, "").header("Last-Event-ID", "AAAAAAAAAAU")), 400, "invalid-request");
        HttpResponse<String> otherType = get(stream(iban, "").setHeader("Accept", "application/json"));
        assertProblem(otherType, 406, "not-acceptable");
        assertThat(otherType.body()).contains("allowed: text/event-stream");
        HttpResponse<String> head = get(stream(iban, "").method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    }

    @Test
    void the_description_of_the_interface_tells_of_it() throws Exception {
        JsonNode operation = json.readTree(get("/v3/api-docs").body())
                .path("paths")
                .path("/accounts/{iban}/entries/stream")
                .path("get");
        assertThat(operation.path("responses").path("200").path("content").propertyNames())
                .containsExactly("text/event-stream");
        assertThat(operation.path("parameters").findValuesAsString("name"))
                .containsExactlyInAnyOrder("iban", "Last-Event-ID", "after");
    }

    @Test
    void each_entry_is_sent_once_and_in_order_while_clients_come_again_and_generations_follow_each_other()
            throws Exception {
        RandomBank bank = new RandomBank(4, "STNO", "STSO", 6);
        bank.events(300).forEach(this::publish);
        awaitCaughtUp();
        Random random = new Random(4);
        List<RandomBank.Account> some = List.copyOf(bank.accounts()).subList(0, 4);
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService writer = Executors.newSingleThreadExecutor();
        List<StreamClient> clients = new ArrayList<>();
        List<Iban> followed = new ArrayList<>();
        try {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(
                    () -> {
                        while (!stop.get()) {
                            bank.events(5).forEach(this::publish);
                        }
                    },
                    writer);
            for (int replay = 1; replay <= 3; replay++) {
                long generation = generation();
                for (RandomBank.Account account : some) {
                    followed.add(account.iban);
                    clients.add(follow(account.iban, random.nextBoolean() ? "?after=0" : ""));
                }
                replays.begin("entries");
                await().atMost(PATIENCE).until(() -> {
                    clients.get(random.nextInt(clients.size())).disconnect();
                    return generation() > generation;
                });
            }
            stop.set(true);
            writing.join();
            awaitCaughtUp();

            for (int number = 0; number < clients.size(); number++) {
                StreamClient client = clients.get(number);
                List<JsonNode> listed = listed(followed.get(number));
                long last = listed.get(listed.size() - 1).path("position").asLong();
                await().atMost(PATIENCE).until(() -> lastId(client) >= last);
                long first = Long.parseLong(client.events().get(0).id());
                assertThat(client.entries().stream().map(entry -> json.readTree(entry.data())))
                        .containsExactlyElementsOf(listed.stream()
                                .filter(entry -> entry.path("position").asLong() > first)
                                .toList());
            }
            assertThat(clients)
                    .anySatisfy(client -> assertThat(client.connections()).isGreaterThan(2));
        } finally {
            stop.set(true);
            writer.shutdown();
            for (StreamClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void a_client_that_does_not_read_is_dropped_and_holds_up_nobody() throws Exception {
        Iban iban = Iban.of("SLOW", 1);
        int entries = 40_000;
        insert(iban, entries);
        try (Socket lazy = new Socket()) {
            lazy.setReceiveBufferSize(4096);
            lazy.setSoTimeout(10_000); // Less than after which a comment would come to one that is not dropped.
            lazy.connect(new InetSocketAddress("localhost", port));
            lazy.getOutputStream()
                    .write(("GET /accounts/" + iban + "/entries/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            awaitStreams(1);
            try (StreamClient client = follow(iban, "?after=0")) {
                awaitLast(client, entries);
                assertThat(client.connections()).isOne();
                awaitStreams(1);
                insert(iban, entries + 1, entries + 1);
                awaitLast(client, entries + 1);
                assertThat(client.connections()).isOne();
            }
            assertThat(new String(lazy.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("id: 1\n")
                    .doesNotContain("id: " + entries / 2 + "\n");
        }
    }

    @Test
    void a_comment_is_sent_while_nothing_else_is_and_by_that_those_are_noticed_that_have_gone() throws Exception {
        Iban iban = Iban.of("SBEA", 1);
        insert(iban, 1);
        try (StreamClient client = follow(iban, "")) {
            HttpResponse<InputStream> gone =
                    http.send(stream(iban, "").build(), HttpResponse.BodyHandlers.ofInputStream());
            awaitStreams(2);
            gone.body().close();
            awaitStreams(1);
            await().atMost(PATIENCE).until(() -> client.comments() > 0);
            insert(iban, 2, 2);
            awaitLast(client, 2);
            assertThat(client.entries()).hasSize(1);
            assertThat(client.connections()).isOne();
        }
    }

    @Test
    void a_stream_to_which_nothing_can_be_sent_is_ended_and_keeps_no_other_from_entries_or_comments() throws Exception {
        Iban quiet = Iban.of("SBRK", 1);
        Iban busy = Iban.of("SBRK", 2);
        insert(quiet, 1);
        insert(busy, 1);
        BrokenResponse withoutEntries = openBroken(quiet);
        List<StreamClient> clients = new ArrayList<>();
        try {
            for (int number = 0; number < 5; number++) {
                openBroken(busy);
                clients.add(follow(busy, ""));
            }
            clients.add(follow(quiet, ""));
            awaitStreams(12);
            insertNext(busy);
            for (StreamClient client : clients.subList(0, 5)) {
                awaitLast(client, 2);
            }
            awaitStreams(6);
            await().atMost(PATIENCE).until(() -> clients.stream().allMatch(client -> client.comments() > 0));
            assertThat(withoutEntries.attempts).hasValue(1);
            assertThat(clients).allMatch(client -> client.connections() == 1);
        } finally {
            for (StreamClient client : clients) {
                client.close();
            }
        }
    }

    /** Of a client to which its first event is written, and nothing more. */
    private BrokenResponse openBroken(Iban iban) throws IOException {
        BrokenResponse response = new BrokenResponse();
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/") {
            @Override
            public AsyncContext startAsync() {
                return startAsync(this, response);
            }
        };
        request.setAsyncSupported(true);
        entryStreams.open(iban, 1, request, response);
        return response;
    }

    private static final class BrokenResponse extends MockHttpServletResponse {
        private final AtomicInteger attempts = new AtomicInteger();
        private boolean isBroken;

        @Override
        public ServletOutputStream getOutputStream() {
            return new ServletOutputStream() {
                @Override
                public boolean isReady() {
                    if (isBroken) {
                        attempts.incrementAndGet();
                        throw new IllegalStateException("as it was asked to");
                    }
                    return true;
                }

                @Override
                public void setWriteListener(WriteListener listener) {
                    try {
                        listener.onWritePossible();
                    } catch (IOException gone) {
                        throw new UncheckedIOException(gone);
                    }
                    isBroken = true;
                }

                @Override
                public void write(int character) {
                    // Nobody reads it.
                }
            };
        }
    }

    private StreamClient follow(Iban iban, String query) {
        asked.add(iban);
        URI address = URI.create("http://localhost:" + port + "/accounts/" + iban + "/entries/stream" + query);
        return new StreamClient(() -> address);
    }

    private static void awaitLast(StreamClient client, long position) {
        await().atMost(PATIENCE)
                .until(() -> lastId(client) == position && !client.entries().isEmpty());
    }

    private static long lastId(StreamClient client) {
        List<Event> events = client.events();
        return events.isEmpty()
                ? -1
                : Long.parseLong(events.get(events.size() - 1).id());
    }

    private static long[] positions(StreamClient client) {
        return client.entries().stream()
                .mapToLong(entry -> Long.parseLong(entry.id()))
                .toArray();
    }

    private void awaitStreams(int open) {
        await().atMost(PATIENCE).until(() -> streams().equals(open + ".0"));
    }

    private String streams() throws Exception {
        String name = "florin_query_streams ";
        return get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()))
                .collect(Collectors.joining());
    }

    private void awaitEntries(Iban iban, int entries) {
        await().atMost(PATIENCE).until(() -> listed(iban).size() == entries);
    }

    private void awaitAccount(Iban iban) {
        await().atMost(PATIENCE).until(() -> get("/accounts/" + iban).statusCode() == 200);
    }

    private void awaitCaughtUp() {
        await().atMost(PATIENCE)
                .until(() -> projections.status().stream().allMatch(projection -> projection.lag() == 0));
    }

    private long generation() {
        return projections.status().stream()
                .filter(projection -> projection.name().equals("entries"))
                .mapToLong(ProjectionStatus::generation)
                .sum();
    }

    private List<JsonNode> listed(Iban iban) throws Exception {
        List<JsonNode> entries = new ArrayList<>();
        String after = "";
        while (after != null) {
            JsonNode page = json.readTree(
                    get("/accounts/" + iban + "/entries?limit=500" + after).body());
            page.path("entries").forEach(entries::add);
            after = page.has("next") ? "&after=" + page.path("next").asString() : null;
        }
        return entries;
    }

    /** Of one side, into what is read, as if they had been projected. */
    private void insert(Iban iban, int last) {
        insert(iban, 1, last);
    }

    private void insert(Iban iban, int first, int last) {
        int unused = database.sql(
                        """
                        INSERT INTO entry (id, account, ledger, currency, amount_minor, kind, reference, booked_at, position)
                        SELECT concat_ws('-', :iban, number, 'C'), :iban, 'CUSTOMERS', 'EUR', 100, 'DEPOSIT',
                            'salary ' || number, now(), number
                        FROM generate_series(:first, :last) AS number
                        """)
                .param("iban", iban.value())
                .param("first", first)
                .param("last", last)
                .update();
    }

    private void insertNext(Iban iban) {
        int next = database.sql("SELECT coalesce(max(position), 0) + 1 FROM entry WHERE account = ?")
                .param(iban.value())
                .query(Integer.class)
                .single();
        insert(iban, next, next);
    }

    private Iban open(String branch, int number) {
        Iban iban = Iban.of(branch, number);
        publish(new Happened(new AccountOpened(iban, "alice", EUR, Money.zero(EUR)), 0));
        return iban;
    }

    private void deposit(Iban iban, long position) {
        publish(new Happened(
                new MoneyDeposited(iban, "op-" + position, Money.of("10.00", "EUR"), "för \"zwei\"\nZeilen"),
                position));
    }

    private void publish(Happened happened) {
        eventStore.publish(new GenericDomainEventMessage<>(
                "Account", happened.event().iban().value(), happened.position(), happened.event()));
    }

    private static void assertProblem(HttpResponse<String> response, int status, String name) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains("https://florin.dev/problems/" + name, "correlationId");
    }

    private HttpRequest.Builder stream(Iban iban, String query) {
        asked.add(iban);
        return request("/accounts/" + iban + "/entries/stream" + query).header("Accept", "text/event-stream");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return get(request(path));
    }

    private HttpResponse<String> get(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
