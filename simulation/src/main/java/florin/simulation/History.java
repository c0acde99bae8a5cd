package florin.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** What happened, one line each, with the simulated time; kept only if somebody is going to read it. */
final class History {

    /** What an id is called inside a message: the id tells that itself. */
    private static final Pattern NAMED_ID = Pattern.compile("\\b(transferId|iban|operationId)=");

    private final SimulatedTime time;
    private final boolean kept;
    private final List<String> lines = new ArrayList<>();
    private int happened;

    History(SimulatedTime time, boolean kept) {
        this.time = time;
        this.kept = kept;
    }

    void add(String kind, String who, Supplier<?> what) {
        happened++;
        if (kept) {
            String line = "%12s  %-6s %-11s %s"
                    .formatted(
                            at(),
                            kind,
                            who,
                            NAMED_ID.matcher(what.get().toString()).replaceAll(""));
            lines.add(line.stripTrailing());
        }
    }

    void fault(Fault fault, Step step, Object subject) {
        add(
                "FAULT",
                "",
                () -> fault + (step == null ? "" : " at " + step) + " of " + subject + ": " + fault.description());
    }

    List<String> lines() {
        return lines;
    }

    /** How many things happened, also if they were not kept. */
    int size() {
        return happened;
    }

    private String at() {
        Duration since = Duration.ofMillis(time.nowMs());
        String clock = "%02d:%02d.%03d"
                .formatted(
                        since.toMinutesPart() + since.toHoursPart() * 60, since.toSecondsPart(), since.toMillisPart());
        return since.toDays() == 0 ? clock : since.toDays() + "d " + clock;
    }
}
