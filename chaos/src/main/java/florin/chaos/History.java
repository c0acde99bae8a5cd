package florin.chaos;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/** Everything that clients were told, in the order of the answers. Safe for use by several threads. */
final class History {
    /** One request and what came of it. */
    record Told(Instant at, Operation operation, Answer answer) {}

    /** An operation with the answers of all its requests. */
    record Asked(Operation operation, List<Answer> answers) {
        /** What the client knows: an answer that decides outweighs those that do not. */
        Outcome outcome() {
            if (is(Outcome.ACKNOWLEDGED)) {
                return Outcome.ACKNOWLEDGED;
            }
            return is(Outcome.REFUSED) ? Outcome.REFUSED : Outcome.UNKNOWN;
        }

        boolean is(Outcome outcome) {
            return answers.stream().anyMatch(answer -> answer.outcome() == outcome);
        }

        List<Answer> acknowledgements() {
            return answers.stream()
                    .filter(answer -> answer.outcome() == Outcome.ACKNOWLEDGED)
                    .toList();
        }
    }

    private final Queue<Told> all = new ConcurrentLinkedQueue<>();

    void add(Operation operation, Answer answer) {
        all.add(new Told(Instant.now(), operation, answer));
    }

    List<Told> all() {
        return List.copyOf(all);
    }

    /** The kinds of operation that were acknowledged at least once. */
    Set<Kind> acknowledged() {
        return all.stream()
                .filter(told -> told.answer().outcome() == Outcome.ACKNOWLEDGED)
                .map(told -> told.operation().kind())
                .collect(Collectors.toSet());
    }

    /** The operations in the order of their first answers. */
    List<Asked> operations() {
        Map<String, Asked> operations = new LinkedHashMap<>();
        all.forEach(told -> operations
                .computeIfAbsent(
                        told.operation().reference(), reference -> new Asked(told.operation(), new ArrayList<>()))
                .answers()
                .add(told.answer()));
        return List.copyOf(operations.values());
    }
}
