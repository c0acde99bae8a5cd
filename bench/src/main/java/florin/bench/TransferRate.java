package florin.bench;

import florin.transfer.api.TransferId;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How many transfers a second are completed, seen by clients that wait for each; and, as the reference of the same run, how
 * many bare requests (the liveness probe) the same clients get answered.
 *
 * <p>Arguments: {@code --clients 16 --transfers 1000 --source URL --target URL --transfer URL}; the defaults are the
 * launcher's ports.
 */
public final class TransferRate {

    private static final int MAX_CLIENTS = 512;
    private static final int MAX_TRANSFERS = 1_000_000;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final JsonMapper json = JsonMapper.builder().build();
    private final Settings settings;

    private TransferRate(Settings settings) {
        this.settings = settings;
    }

    record Settings(int clients, int transfers, URI source, URI target, URI transfer) {

        static Settings of(String... arguments) {
            Settings defaults = new Settings(
                    16,
                    1000,
                    URI.create("http://localhost:8081"),
                    URI.create("http://localhost:8082"),
                    URI.create("http://localhost:8083"));
            if (arguments.length % 2 != 0) {
                throw new IllegalArgumentException("Every option takes a value");
            }
            Settings settings = defaults;
            for (int i = 0; i < arguments.length; i += 2) {
                settings = settings.with(arguments[i], arguments[i + 1]);
            }
            return settings;
        }

        private Settings with(String option, String value) {
            return switch (option) {
                case "--clients" -> new Settings(bounded(value, MAX_CLIENTS), transfers, source, target, transfer);
                case "--transfers" -> new Settings(clients, bounded(value, MAX_TRANSFERS), source, target, transfer);
                case "--source" -> new Settings(clients, transfers, URI.create(value), target, transfer);
                case "--target" -> new Settings(clients, transfers, source, URI.create(value), transfer);
                case "--transfer" -> new Settings(clients, transfers, source, target, URI.create(value));
                default -> throw new IllegalArgumentException("Unknown option " + option);
            };
        }

        private static int bounded(String value, int most) {
            int number = Integer.parseInt(value);
            if (number < 1 || number > most) {
                throw new IllegalArgumentException(value + " is not between 1 and " + most);
            }
            return number;
        }
    }

    /** What one kind of call did: latencies in nanoseconds, sorted. */
    record Outcome(List<Long> latenciesNs, long elapsedNs, int errors) {

        double perSecond() {
            return latenciesNs.size() * 1e9 / elapsedNs;
        }

        double percentileMs(int percent) {
            return latenciesNs.isEmpty()
                    ? Double.NaN
                    : latenciesNs.get(Math.min(latenciesNs.size() - 1, latenciesNs.size() * percent / 100)) / 1e6;
        }
    }

    public static void main(String... arguments) throws Exception {
        try {
            new TransferRate(Settings.of(arguments)).run(System.out);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            System.exit(2);
        }
    }

    private void run(PrintStream out) throws Exception {
        List<Iban> pairs = new ArrayList<>();
        for (int i = 0; i < settings.clients(); i++) {
            pairs.add(new Iban(open(settings.source()), open(settings.target())));
        }
        for (Iban pair : pairs) {
            post(
                    settings.source().resolve("/accounts/" + pair.from() + "/deposits"),
                    Map.of("amount", euro("1000000.00"), "reference", "bench"));
        }
        int each = Math.max(1, settings.transfers() / settings.clients());
        Outcome reference = measure(each, client -> {
            HttpResponse<String> alive = http.send(
                    HttpRequest.newBuilder(settings.transfer().resolve("/actuator/health/liveness"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return alive.statusCode() == 200;
        });
        Outcome transfers = measure(each, client -> transfer(pairs.get(client)));
        out.printf(Locale.ROOT, "%d clients, %d transfers each%n", settings.clients(), each);
        print(out, "bare request", reference);
        print(out, "transfer", transfers);
        out.printf(Locale.ROOT, "ratio        %8.3f%n", transfers.perSecond() / reference.perSecond());
    }

    private static void print(PrintStream out, String name, Outcome outcome) {
        out.printf(
                Locale.ROOT,
                "%-12s %8.1f/s  p50 %7.1f ms  p99 %7.1f ms  errors %d%n",
                name,
                outcome.perSecond(),
                outcome.percentileMs(50),
                outcome.percentileMs(99),
                outcome.errors());
    }

    private record Iban(String from, String to) {}

    private interface Call {
        boolean make(int client) throws IOException, InterruptedException;
    }

    private Outcome measure(int each, Call call) throws InterruptedException, ExecutionException {
        ExecutorService clients = Executors.newFixedThreadPool(settings.clients());
        try {
            List<Callable<List<Long>>> work = new ArrayList<>();
            for (int i = 0; i < settings.clients(); i++) {
                int client = i;
                work.add(() -> {
                    List<Long> latencies = new ArrayList<>();
                    for (int n = 0; n < each; n++) {
                        long start = System.nanoTime();
                        if (call.make(client)) {
                            latencies.add(System.nanoTime() - start);
                        }
                    }
                    return latencies;
                });
            }
            long start = System.nanoTime();
            List<Future<List<Long>>> done = clients.invokeAll(work);
            long elapsed = System.nanoTime() - start;
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> one : done) {
                all.addAll(one.get());
            }
            all.sort(null);
            return new Outcome(all, elapsed, each * settings.clients() - all.size());
        } finally {
            clients.shutdownNow();
        }
    }

    private boolean transfer(Iban pair) throws IOException, InterruptedException {
        String id = TransferId.random().value();
        post(
                settings.transfer().resolve("/transfers"),
                Map.of("id", id, "from", pair.from(), "to", pair.to(), "amount", euro("0.01"), "reference", "bench"));
        HttpResponse<String> done = http.send(
                HttpRequest.newBuilder(settings.transfer().resolve("/transfers/" + id + "?wait=30s"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return json.readTree(done.body()).path("status").asString("").equals("COMPLETED");
    }

    private String open(URI branch) throws IOException, InterruptedException {
        return post(branch.resolve("/accounts"), Map.of("owner", "bench-" + UUID.randomUUID(), "currency", "EUR"))
                .path("iban")
                .asString();
    }

    private JsonNode post(URI address, Object body) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(address)
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", UUID.randomUUID().toString())
                        .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException(address + " answered " + response.statusCode() + ": " + response.body());
        }
        return json.readTree(response.body());
    }

    private static Map<String, String> euro(String value) {
        return Map.of("value", value, "currency", "EUR");
    }
}
