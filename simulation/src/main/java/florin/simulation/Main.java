package florin.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code ./florin simulate}: runs seeds, prints the history of those that break an invariant, and how often each fault met
 * each step. Exit codes: 0 nothing was broken, 1 something was, 2 wrong usage.
 */
public final class Main {

    private static final String USAGE =
            """
            Usage: ./florin simulate [--seeds N] [--from S] [--bug NAME]

            Runs N seeds (default 100) from seed S (default 1) in one thread. A seed that breaks an invariant is printed as
            a small history; the run ends after three of them. --bug puts a deliberate bug into the bank; the bugs are:
            """;
    private static final int MOST_FAILURES = 3;

    private Main() {}

    public static void main(String[] arguments) {
        List<String> given = List.of(arguments);
        boolean named = !given.isEmpty() && given.get(0).equals("simulate");
        System.exit(run(named ? given.subList(1, given.size()) : given));
    }

    static int run(List<String> arguments) {
        long seeds = 100;
        long from = 1;
        Optional<DeliberateBug> bug = Optional.empty();
        try {
            for (int index = 0; index < arguments.size(); index++) {
                String[] parts = arguments.get(index).split("=", 2);
                String value = parts.length == 2 ? parts[1] : ++index < arguments.size() ? arguments.get(index) : "";
                switch (parts[0]) {
                    case "--seeds" -> seeds = number(value, 1);
                    case "--from" -> from = number(value, Long.MIN_VALUE);
                    case "--bug" -> bug = Optional.of(bug(value));
                    default -> throw new IllegalArgumentException("Not understood: " + parts[0]);
                }
            }
        } catch (IllegalArgumentException wrong) {
            System.err.print(wrong.getMessage() + "\n\n" + USAGE);
            for (DeliberateBug each : Bugs.ALL) {
                System.err.println("  %-26s %s".formatted(each.label(), each.description()));
            }
            return 2;
        }
        return run(seeds, from, bug);
    }

    private static int run(long seeds, long from, Optional<DeliberateBug> deliberate) {
        Supplier<Bug> bug = deliberate.map(DeliberateBug::bug).orElse(Bug::none);
        Coverage coverage = new Coverage();
        List<Long> failed = new ArrayList<>();
        long done = 0;
        long happened = 0;
        while (done < seeds && failed.size() < MOST_FAILURES) {
            long seed = from + done++;
            Outcome outcome = new Simulation(seed, bug).counting(coverage).run();
            happened += outcome.happened();
            if (outcome.violation().isPresent()) {
                failed.add(seed);
                System.out.print(Report.of(outcome, bug));
                System.out.println("Again: ./florin simulate --seeds 1 --from " + seed
                        + deliberate.map(named -> " --bug " + named).orElse("") + "\n");
            }
        }
        System.out.println("How often each fault met each step:");
        System.out.println(coverage.table());
        System.out.println("%d seeds from %d, %d things happened, %s"
                .formatted(done, from, happened, failed.isEmpty() ? "nothing was broken" : "broken: seeds " + failed));
        return failed.isEmpty() ? 0 : 1;
    }

    private static long number(String text, long least) {
        Optional<Long> number = text.matches("-?[0-9]{1,18}") ? Optional.of(Long.valueOf(text)) : Optional.empty();
        return number.filter(value -> value >= least)
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + text + "' is not a number that can be meant here"));
    }

    private static DeliberateBug bug(String name) {
        for (DeliberateBug each : Bugs.ALL) {
            if (each.label().equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException("There is no bug '" + name + "'");
    }
}
