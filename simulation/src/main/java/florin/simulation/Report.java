package florin.simulation;

import florin.transfer.api.TransferId;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What is printed about a seed that breaks an invariant: as little as shows it. */
final class Report {

    private static final int MOST_LINES = 200;
    private static final Pattern ACCOUNT = Pattern.compile("NL[0-9]{2}[A-Z]{4}[0-9]{10}");

    private Report() {}

    /** Shrinks the run first. */
    static String of(Outcome failed, Supplier<Bug> bug) {
        Outcome small = Shrinking.shrink(failed, bug);
        Violation violation =
                small.violation().orElseGet(() -> failed.violation().orElseThrow());
        StringBuilder text = new StringBuilder("Seed %d: %s%n".formatted(failed.seed(), violation))
                .append("What happened, without the %d faults and %d requests that it does not take:%n"
                        .formatted(
                                failed.faults().size() - small.faults().size(), failed.requests() - small.requests()))
                .append(small.scenario())
                .append('\n');
        List<String> lines = lines(small.history(), violation.transfer());
        lines.stream().limit(MOST_LINES / 2).forEach(line -> text.append(line).append('\n'));
        if (lines.size() > MOST_LINES) {
            text.append("              … %d lines more …%n".formatted(lines.size() - MOST_LINES));
        }
        lines.stream()
                .skip(Math.max(MOST_LINES / 2, lines.size() - MOST_LINES / 2))
                .forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /** Those of the transfer and of its accounts, and those of nobody, such as crashes. */
    private static List<String> lines(List<String> history, TransferId transfer) {
        if (transfer == null) {
            return history;
        }
        Predicate<String> ofTransfer =
                Pattern.compile("\\b" + transfer + "\\b(?!-)").asPredicate();
        Set<String> accounts = history.stream()
                .filter(ofTransfer)
                .flatMap(line -> ACCOUNT.matcher(line).results().map(MatchResult::group))
                .collect(Collectors.toSet());
        return history.stream()
                .filter(ofTransfer.or(line -> !line.contains("TRF-")
                        && ACCOUNT.matcher(line)
                                .results()
                                .map(MatchResult::group)
                                .allMatch(accounts::contains)))
                .toList();
    }
}
