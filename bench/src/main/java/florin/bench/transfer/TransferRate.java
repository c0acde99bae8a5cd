package florin.bench.transfer;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many transfers a second are completed, and how long one takes from its POST to COMPLETED; beside that, turn by turn,
 * the same transfers as single transactions in one PostgreSQL ({@link Monolith}).
 *
 * <p>Options: {@code --data DIR} the data folder of a running {@code ./florin up}, which tells all addresses, the processes
 * and the database; or each address by itself: {@code --first-branch URL}, {@code --second-branch URL}, {@code --transfers
 * URL}, {@code --events URL} of axon-server's HTTP port, {@code --reference JDBC-URL} (no reference without it), {@code
 * --reference-user}, {@code --reference-password}. {@code --accounts N} (1000), {@code --clients N,N…} (1,16,64), {@code
 * --open-rate N} a second (20), {@code --warm-up SECONDS} (20), {@code --seconds N} a row lasts (15), {@code --rounds N}
 * (1), {@code --rows REGEX} (all of {@code closed N}, {@code hot N}, {@code open N}), {@code --minutes N} a run at the last
 * number of clients that prints a line each minute (0: none). The accounts that it opens stay.
 */
public final class TransferRate {

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
        int most = options.clients().stream().mapToInt(Integer::intValue).max().orElseThrow();
        if (options.warmUpSeconds() > 0) {
            Outcome unused = Load.closed(bank.transfer(), most, options.warmUpSeconds());
        }
        if (options.reference().isEmpty()) {
            rows(bank, Optional.empty());
        } else {
            try (Monolith monolith = Monolith.create(
                    options.reference().get(),
                    options.referenceUser(),
                    options.referencePassword(),
                    options.accounts())) {
                out.println("Reference: " + monolith.settings());
                rows(bank, Optional.of(monolith));
            }
        }
        if (options.minutes() > 0) {
            minutes(bank, options.clients().get(options.clients().size() - 1));
        }
    }

    private interface Run {
        Outcome of(Load.Call call) throws InterruptedException;
    }

    private void rows(Bank bank, Optional<Monolith> monolith) throws Exception {
        out.println("| row | completed/s | p50 ms | p99 ms | errors | CPU ms each | reference/s | p50 ms | p99 ms"
                + " | CPU ms each | ratio |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        int seconds = options.seconds();
        for (int clients : options.clients()) {
            Run closed = call -> Load.closed(call, clients, seconds);
            row("closed " + clients, closed, bank.transfer(), monolith, Monolith::transfer);
        }
        int last = options.clients().get(options.clients().size() - 1);
        Run hot = call -> Load.closed(call, last, seconds);
        row("hot " + last, hot, bank.transferFromOne(), monolith, Monolith::transferFromOne);
        int rate = options.openRate();
        Run open = call -> Load.open(call, rate, seconds);
        row("open " + rate, open, bank.transfer(), monolith, Monolith::transfer);
    }

    private record Round(Outcome outcome, Map<String, Double> cpuMsEach, double totalCpuMsEach) {}

    private void row(
            String name, Run run, Load.Call call, Optional<Monolith> monolith, Function<Monolith, Load.Call> reference)
            throws InterruptedException, SQLException {
        if (!options.rows().matcher(name).find()) {
            return;
        }
        List<Round> own = new ArrayList<>();
        List<Round> other = new ArrayList<>();
        for (int round = 0; round < options.rounds(); round++) {
            own.add(round(call, run));
            if (monolith.isPresent()) {
                other.add(round(reference.apply(monolith.get()), run));
                monolith.get().settle();
            }
        }
        Round median = median(own);
        String line = cells(name, median.outcome(), median.totalCpuMsEach(), true);
        if (!other.isEmpty()) {
            Round compared = median(other);
            line += cells("", compared.outcome(), compared.totalCpuMsEach(), false)
                    + String.format(Locale.ROOT, " %.2f |", ratio(own, other));
        }
        out.println(line);
        if (!median.cpuMsEach().isEmpty()) {
            out.println("<!-- CPU ms each: " + join(median.cpuMsEach()) + " -->");
        }
    }

    private Round round(Load.Call call, Run run) throws InterruptedException {
        Map<String, Double> before = processes.cpuSeconds();
        Outcome outcome = run.of(call);
        Map<String, Double> after = processes.cpuSeconds();
        double each = 1e3 / Math.max(1, outcome.completed());
        after.replaceAll((process, seconds) -> (seconds - before.getOrDefault(process, 0.0)) * each);
        double total = after.isEmpty()
                ? Double.NaN
                : after.values().stream().mapToDouble(Double::doubleValue).sum();
        return new Round(outcome, after, total);
    }

    private static Round median(List<Round> rounds) {
        List<Round> sorted = new ArrayList<>(rounds);
        sorted.sort(
                (a, b) -> Double.compare(a.outcome().perSecond(), b.outcome().perSecond()));
        return sorted.get(sorted.size() / 2);
    }

    private static double ratio(List<Round> own, List<Round> other) {
        double[] ratios = new double[own.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] =
                    own.get(i).outcome().perSecond() / other.get(i).outcome().perSecond();
        }
        Arrays.sort(ratios);
        return ratios[ratios.length / 2];
    }

    private static String cells(String name, Outcome outcome, double cpuMsEach, boolean withErrors) {
        String first = name.isEmpty() ? "" : "| " + name + " |";
        String errors = withErrors ? " " + outcome.errors() + " |" : "";
        return first
                + String.format(
                        Locale.ROOT,
                        " %,.0f | %.1f | %.1f |%s %.2f |",
                        outcome.perSecond(),
                        outcome.percentileMs(50),
                        outcome.percentileMs(99),
                        errors,
                        cpuMsEach);
    }

    private void minutes(Bank bank, int clients) throws InterruptedException, IOException {
        for (int minute = 0; minute <= options.minutes(); minute++) {
            if (minute > 0) {
                Round round = round(bank.transfer(), call -> Load.closed(call, clients, 60));
                out.printf(
                        Locale.ROOT,
                        "minute %d: %.1f/s, p50 %.1f ms, p99 %.1f ms, errors %d, CPU %.2f ms each (%s)%n",
                        minute,
                        round.outcome().perSecond(),
                        round.outcome().percentileMs(50),
                        round.outcome().percentileMs(99),
                        round.outcome().errors(),
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
