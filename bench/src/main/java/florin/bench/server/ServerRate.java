package florin.bench.server;

import florin.bench.Arguments;
import florin.bench.Measured;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Measures any server that speaks Axon Server's API, and in the same run, turn by turn, the {@link Ceiling}.
 *
 * <p>Options: {@code --server HOST:PORT} (localhost:8124), {@code --pid N} the server's process on this machine, for its
 * CPU time, {@code --token TEXT} its access token, {@code --warm-up N} seconds before each row (5), {@code --seconds N} a load lasts (3), {@code --rounds N} (3), {@code
 * --stream N} events of the stream rows (300000), {@code --rows REGEX} which rows (all). Each row prints the median round of
 * the server and of the ceiling, the median of the rounds' ratios, and the least and the greatest one. It leaves its events in the server.
 */
public final class ServerRate {
    private static final int AGGREGATE_ROW_IN_FLIGHT = 1;

    private final Settings settings;
    private final PrintStream out;

    private ServerRate(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    record Settings(
            String host,
            int port,
            OptionalLong pid,
            String token,
            int warmUp,
            int seconds,
            int rounds,
            int stream,
            Pattern rows) {

        private static final Map<String, String> DEFAULTS = Map.of(
                "--server", "localhost:8124",
                "--pid", "",
                "--token", "",
                "--warm-up", "5",
                "--seconds", "3",
                "--rounds", "3",
                "--stream", "300000",
                "--rows", ".*");

        static Settings of(String... arguments) {
            Arguments options = Arguments.of(DEFAULTS, Arguments.given(DEFAULTS, arguments));
            String server = options.text("--server");
            int colon = server.lastIndexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException(server + " is not HOST:PORT");
            }
            return new Settings(
                    server.substring(0, colon),
                    Arguments.bounded("--server's port", server.substring(colon + 1), 1, 65_535),
                    options.text("--pid").isEmpty()
                            ? OptionalLong.empty()
                            : OptionalLong.of(options.number("--pid", 1, Integer.MAX_VALUE)),
                    options.text("--token").isEmpty() ? null : options.text("--token"),
                    options.number("--warm-up", 1, 60),
                    options.number("--seconds", 1, 60),
                    options.number("--rounds", 1, 25),
                    options.number("--stream", 1, 5_000_000),
                    Pattern.compile(options.text("--rows")));
        }
    }

    public static void main(String... arguments) throws Exception {
        Settings settings;
        try {
            settings = Settings.of(arguments);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            System.exit(2);
            return;
        }
        new ServerRate(settings, System.out).run();
        System.exit(0);
    }

    /** One load on one server. */
    private interface Load {
        Measured run(double seconds) throws InterruptedException;
    }

    private interface LoadMaker {
        Load on(AxonClient client) throws InterruptedException;
    }

    /** A line of the table; {@code eventsEach} is what one call counts for. */
    private record Row(String name, int eventsEach, LoadMaker loads) {}

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (int inFlight : new int[] {1, 8, 64, 256}) {
            rows.add(closed("append x" + inFlight, 1, inFlight, client -> client.append(1, inFlight)));
        }
        for (int inFlight : new int[] {1, 8}) {
            rows.add(closed("append of 100 x" + inFlight, 100, inFlight, client -> client.append(100, inFlight)));
        }
        rows.add(new Row("stream", 1, client -> {
            client.fill(settings.stream());
            return seconds -> client.stream(settings.stream());
        }));
        for (int size : new int[] {10, 1000}) {
            rows.add(closed("load aggregate of " + size, 1, AGGREGATE_ROW_IN_FLIGHT, client -> {
                String aggregate = client.aggregateOf(size);
                return client.loadAggregate(aggregate, size);
            }));
        }
        for (int inFlight : new int[] {1, 64, 256}) {
            rows.add(closed("command x" + inFlight, 1, inFlight, AxonClient::command));
        }
        for (int inFlight : new int[] {1, 64}) {
            rows.add(closed("query x" + inFlight, 1, inFlight, AxonClient::query));
        }
        rows.removeIf(row -> !settings.rows().matcher(row.name()).find());
        return rows;
    }

    private interface CallMaker {
        ClosedLoop.Call on(AxonClient client) throws InterruptedException;
    }

    private static Row closed(String name, int eventsEach, int inFlight, CallMaker calls) {
        return new Row(name, eventsEach, client -> {
            ClosedLoop.Call call = calls.on(client);
            return seconds -> ClosedLoop.run(call, inFlight, seconds);
        });
    }

    private record Round(Measured measured, OptionalDouble cpuMicrosEach) {}

    private void run() throws IOException, InterruptedException {
        out.printf(
                Locale.ROOT,
                "%s:%d against the ceiling, %d rounds of %d s each, %d processors%n%n",
                settings.host(),
                settings.port(),
                settings.rounds(),
                settings.seconds(),
                Runtime.getRuntime().availableProcessors());
        out.println("| row | rate/s | p50 ms | p99 ms | CPU us each | errors | ceiling/s | p50 ms | p99 ms"
                + " | CPU us each | ratio | least to greatest |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|---|");
        try (CeilingProcess ceiling = CeilingProcess.start()) {
            for (Row row : rows()) {
                measure(row, ceiling);
            }
        }
    }

    private void measure(Row row, CeilingProcess ceiling) throws InterruptedException {
        List<Round> server = new ArrayList<>();
        List<Round> reference = new ArrayList<>();
        try (AxonClient client = new AxonClient(settings.host(), settings.port(), settings.token());
                AxonClient ceilingClient = new AxonClient("localhost", ceiling.port(), null)) {
            Load load = row.loads().on(client);
            Load ceilingLoad = row.loads().on(ceilingClient);
            // Both are warm before either counts.
            load.run(settings.warmUp());
            ceilingLoad.run(settings.warmUp());
            OptionalLong ceilingPid = OptionalLong.of(ceiling.process().pid());
            for (int round = 0; round < settings.rounds(); round++) {
                server.add(round(load, settings.pid()));
                reference.add(round(ceilingLoad, ceilingPid));
            }
        }
        long errors =
                server.stream().mapToLong(round -> round.measured().errors()).sum();
        Round ours = Measured.median(server, round -> round.measured().perSecond());
        Round bare = Measured.median(reference, round -> round.measured().perSecond());
        out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %s | %d | %,.0f | %s |%s%n",
                row.name(),
                ours.measured().perSecond() * row.eventsEach(),
                details(ours),
                errors,
                bare.measured().perSecond() * row.eventsEach(),
                details(bare),
                Measured.ratios(
                        server.stream().map(Round::measured).toList(),
                        reference.stream().map(Round::measured).toList()));
    }

    private static String details(Round round) {
        String cpu = round.cpuMicrosEach().isPresent()
                ? String.format(Locale.ROOT, "%.0f", round.cpuMicrosEach().getAsDouble())
                : "";
        if (Double.isNaN(round.measured().p50Ms())) {
            return " |  | " + cpu;
        }
        return String.format(
                Locale.ROOT,
                "%.2f | %.2f | %s",
                round.measured().p50Ms(),
                round.measured().p99Ms(),
                cpu);
    }

    private Round round(Load load, OptionalLong pid) throws InterruptedException {
        Duration before = cpu(pid);
        Measured measured = load.run(settings.seconds());
        Duration used = cpu(pid).minus(before);
        return new Round(
                measured,
                pid.isPresent() && measured.calls() > 0
                        ? OptionalDouble.of(used.toNanos() / 1e3 / measured.calls())
                        : OptionalDouble.empty());
    }

    private static Duration cpu(OptionalLong pid) {
        return pid.isEmpty()
                ? Duration.ZERO
                : ProcessHandle.of(pid.getAsLong())
                        .flatMap(process -> process.info().totalCpuDuration())
                        .orElse(Duration.ZERO);
    }
}
