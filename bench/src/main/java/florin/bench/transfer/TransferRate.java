package florin.bench.transfer;

import florin.bench.Measured;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many transfers a second are completed, and how long one takes from its POST to COMPLETED; beside that, turn by turn,
 * the same transfers as single transactions in one PostgreSQL ({@link Monolith}). Both are warmed up alike; each is first in
 * turn, and begins when the platform has no work left over, which only {@code --data} lets it see.
 *
 * <p>Options: {@code --data DIR} the data folder of a running {@code ./florin up}, which tells all addresses, the processes
 * and the database; or each address by itself: {@code --first-branch URL}, {@code --second-branch URL}, {@code --transfers
 * URL}, {@code --events URL} of axon-server's HTTP port, {@code --reference JDBC-URL} (no reference without it), {@code
 * --reference-user}, {@code --reference-password}. {@code --accounts N} (1000), {@code --clients N,N…} (1,16,64), {@code
 * --open-rate N} a second (20), {@code --warm-up SECONDS} (20), {@code --seconds N} a round lasts (15; one at a rate lasts
 * for 1,000 calls at least), {@code --rounds N} of each row (3), {@code --rows REGEX} (all of {@code closed N}, {@code hot
 * N}, {@code open N}), {@code --minutes N} a run at the last number of clients that prints a line each minute (0: none). The
 * accounts that it opens stay.
 */
public final class TransferRate {

    /** Of fewer, the 99th percentile is what a handful took. */
    private static final int LEAST_OPEN_CALLS = 1_000;

    private static final Pattern EVENTS = Pattern.compile("(?m)^axon_events_count\\{context=\"default\"} ([0-9]+)$");

    private final Options options;
    private final PrintStream out;
    private final Processes processes;

    private TransferRate(Options options, PrintStream out) {
        this.options = options;
        this.out = out;
        this.processes = new Processes(options.processes());
    }

    public static void main(String... arguments) throws Exception {
        try {
            run(Options.of(arguments), System.out);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            System.exit(2);
        }
    }

    static void run(Options options, PrintStream out) throws Exception {
        new TransferRate(options, out).run();
    }

    private void run() throws Exception {
        Bank bank = Bank.open(options);
        if (options.reference().isEmpty()) {
            warmUpAndMeasure(bank, Optional.empty());
        } else {
            try (Monolith monolith = Monolith.create(
                    options.reference().get(),
                    options.referenceUser(),
                    options.referencePassword(),
                    options.accounts())) {
                out.println("Reference: " + monolith.settings());
                warmUpAndMeasure(bank, Optional.of(monolith));
            }
        }
        if (options.minutes() > 0) {
            minutes(bank, options.clients().get(options.clients().size() - 1));
        }
    }

    private void warmUpAndMeasure(Bank bank, Optional<Monolith> monolith) throws Exception {
        int seconds = options.warmUpSeconds();
        if (seconds > 0) {
            int most =
                    options.clients().stream().mapToInt(Integer::intValue).max().orElseThrow();
            Measured unused = Load.closed(bank.transfer(), most, seconds);
            if (monolith.isPresent()) {
                unused = Load.closed(monolith.get().transfer(), most, seconds);
                monolith.get().forget();
            }
        }
        rows(bank, monolith);
    }

    private interface Run {
        Measured of(Supplier<Load.Client> clients) throws Exception;
    }

    private void rows(Bank bank, Optional<Monolith> monolith) throws Exception {
        out.println("| row | completed/s | p50 ms | p99 ms | errors | CPU ms each | reference/s | p50 ms | p99 ms"
                + " | errors | CPU ms each | ratio | least to greatest |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        int seconds = options.seconds();
        for (int clients : options.clients()) {
            Run closed = each -> Load.closed(each, clients, seconds);
            row("closed " + clients, closed, bank.transfer(), monolith, Monolith::transfer);
        }
        int last = options.clients().get(options.clients().size() - 1);
        Run hot = each -> Load.closed(each, last, seconds);
        row("hot " + last, hot, bank.transferFromOne(), monolith, Monolith::transferFromOne);
        int rate = options.openRate();
        int openSeconds = Math.max(seconds, LEAST_OPEN_CALLS / rate);
        Run open = each -> Load.open(each, rate, openSeconds);
        row("open " + rate, open, bank.transfer(), monolith, Monolith::transfer);
    }

    private record Round(Measured measured, Map<String, Double> cpuMsEach) {
        double perSecond() {
            return measured.perSecond();
        }

        /** Not a number where the processes are not known. */
        double totalCpuMsEach() {
            return cpuMsEach.isEmpty() ? Double.NaN : Processes.sum(cpuMsEach);
        }
    }

    private void row(
            String name,
            Run run,
            Supplier<Load.Client> clients,
            Optional<Monolith> monolith,
            Function<Monolith, Supplier<Load.Client>> reference)
            throws Exception {
        if (!options.rows().matcher(name).find()) {
            return;
        }
        List<Round> own = new ArrayList<>();
        List<Round> other = new ArrayList<>();
        for (int round = 0; round < options.rounds(); round++) {
            boolean isOwnFirst = round % 2 == 0;
            if (isOwnFirst) {
                own.add(roundFromRest(clients, run));
            }
            if (monolith.isPresent()) {
                other.add(roundFromRest(reference.apply(monolith.get()), run));
                monolith.get().settle();
            }
            if (!isOwnFirst) {
                own.add(roundFromRest(clients, run));
            }
        }
        Round median = Measured.median(own, Round::perSecond);
        String line = "| " + name + " |" + cells(own, median.totalCpuMsEach());
        if (!other.isEmpty()) {
            // Of the platform's processes the reference has work for PostgreSQL only.
            double cpuMsEach =
                    Measured.median(other, Round::perSecond).cpuMsEach().getOrDefault("postgresql", Double.NaN);
            line += cells(other, cpuMsEach)
                    + Measured.ratios(
                            own.stream().map(Round::measured).toList(),
                            other.stream().map(Round::measured).toList());
        }
        out.println(line);
        if (!median.cpuMsEach().isEmpty()) {
            out.println("<!-- CPU ms each: " + join(median.cpuMsEach()) + " -->");
        }
    }

    private Round roundFromRest(Supplier<Load.Client> clients, Run run) throws Exception {
        if (!processes.awaitQuiet()) {
            out.println("<!-- The platform had work left over when the next round began. -->");
        }
        return round(clients, run);
    }

    private Round round(Supplier<Load.Client> clients, Run run) throws Exception {
        Map<String, Double> before = processes.cpuSeconds();
        Measured measured = run.of(clients);
        Map<String, Double> after = processes.cpuSeconds();
        double each = 1e3 / Math.max(1, measured.calls());
        after.replaceAll((process, seconds) -> (seconds - before.getOrDefault(process, 0.0)) * each);
        return new Round(measured, after);
    }

    /** The round in the middle, and the errors of all. */
    private static String cells(List<Round> rounds, double cpuMsEach) {
        Measured median = Measured.median(rounds, Round::perSecond).measured();
        return String.format(
                Locale.ROOT,
                " %,.0f | %.1f | %.1f | %d | %.2f |",
                median.perSecond(),
                median.p50Ms(),
                median.p99Ms(),
                rounds.stream().mapToLong(round -> round.measured().errors()).sum(),
                cpuMsEach);
    }

    private void minutes(Bank bank, int clients) throws Exception {
        for (int minute = 0; minute <= options.minutes(); minute++) {
            if (minute > 0) {
                Round round = round(bank.transfer(), each -> Load.closed(each, clients, 60));
                out.printf(
                        Locale.ROOT,
                        "minute %d: %.1f/s, p50 %.1f ms, p99 %.1f ms, errors %d, CPU %.2f ms each (%s)%n",
                        minute,
                        round.perSecond(),
                        round.measured().p50Ms(),
                        round.measured().p99Ms(),
                        round.measured().errors(),
                        round.totalCpuMsEach(),
                        join(round.cpuMsEach()));
            }
            out.println("  events " + events().orElse("?") + ", MiB " + processes.residentMebibytes());
        }
    }

    private Optional<String> events() throws IOException {
        Optional<URI> address = options.events();
        if (address.isEmpty()) {
            return Optional.empty();
        }
        try (HttpConnection connection = new HttpConnection(address.get())) {
            Matcher events =
                    EVENTS.matcher(connection.get("/actuator/prometheus").body());
            return events.find() ? Optional.of(events.group(1)) : Optional.empty();
        }
    }

    private static String join(Map<String, Double> figures) {
        List<String> texts = new ArrayList<>();
        figures.forEach((name, figure) -> texts.add(String.format(Locale.ROOT, "%s %.2f", name, figure)));
        return String.join(", ", texts);
    }
}
