package florin.account.query.control;

import florin.kit.ProblemException;
import florin.kit.QueryLimit;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.messaging.deadletter.SequencedDeadLetterProcessor;
import org.axonframework.messaging.deadletter.SequencedDeadLetterQueue;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The events that a projection could not handle: shows them, and has them tried again once what was wrong is mended. */
@Component
public class DeadLetters {

    /** How many are shown, those that were put aside first. */
    public static final int MOST_SHOWN = 100;

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(20);

    private final EventProcessingConfiguration processing;
    private final GenerationRows generations;
    private final JdbcClient database;
    private final QueryLimit limit;

    DeadLetters(
            EventProcessingConfiguration processing,
            GenerationRows generations,
            JdbcClient database,
            QueryLimit limit) {
        this.processing = processing;
        this.generations = generations;
        this.database = database;
        this.limit = limit;
    }

    /**
     * An event that waits.
     *
     * @param generation the number of the generation in which it does: of the one that is read, or of the one that is being built
     * @param account the IBAN whose later events wait behind it
     * @param event the simple name of the event's type
     * @param position the event's number in the stream of its account
     * @param cause why the first event of the account was put aside; null for those behind it
     */
    public record DeadLetter(
            long generation,
            String account,
            String event,
            long position,
            Instant enqueuedAt,
            Instant lastTriedAt,
            String cause) {

        private DeadLetter(ProjectionState state, ResultSet row) throws SQLException {
            this(
                    row.getString("processing_group").equals(state.processor())
                            ? state.generation()
                            : state.generation() + 1,
                    row.getString("aggregate_identifier"),
                    simpleName(row.getString("payload_type")),
                    row.getLong("sequence_number"),
                    Instant.parse(row.getString("enqueued_at")),
                    Instant.parse(row.getString("last_touched")),
                    row.getString("cause_message"));
        }

        private static String simpleName(String type) {
            return type.substring(type.lastIndexOf('.') + 1);
        }
    }

    /**
     * What became of a retry.
     *
     * @param accounts whose events were tried, each up to the first that failed again
     * @param mended those of them that have no event waiting any more
     * @param left events that still wait
     */
    public record Retry(int accounts, int mended, long left) {

        private Retry plus(Retry other) {
            return new Retry(accounts + other.accounts, mended + other.mended, left + other.left);
        }
    }

    /**
     * At most {@value #MOST_SHOWN} of them, also of a generation that is being built.
     *
     * @throws ProblemException unknown-projection
     */
    public List<DeadLetter> list(String projection) {
        return limit.read(() -> {
            ProjectionState state = generations.find(projection);
            return database.sql("SELECT processing_group, aggregate_identifier, payload_type, sequence_number,"
                            + " enqueued_at, last_touched, cause_message FROM dead_letter_entry"
                            + " WHERE processing_group = ANY (?)"
                            + " ORDER BY enqueued_at, sequence_identifier, sequence_index LIMIT ?")
                    .params(state.processors().toArray(String[]::new), MOST_SHOWN)
                    .query((row, number) -> new DeadLetter(state, row))
                    .list();
        });
    }

    /**
     * Tries the events of each account once, in their order, for at most 20 s; those that fail again stay.
     *
     * @throws ProblemException unknown-projection
     */
    public Retry retry(String projection) {
        long deadline = System.nanoTime() + LONGEST_RETRY.toNanos();
        return generations.find(projection).processors().stream()
                .map(processor -> retry(processor, deadline))
                .reduce(new Retry(0, 0, 0), Retry::plus);
    }

    private Retry retry(String processor, long deadline) {
        SequencedDeadLetterProcessor<EventMessage<?>> letters =
                processing.sequencedDeadLetterProcessor(processor).orElseThrow();
        SequencedDeadLetterQueue<EventMessage<?>> queue =
                processing.deadLetterQueue(processor).orElseThrow();
        long waiting = queue.amountOfSequences();
        int accounts = 0;
        int mended = 0;
        while (accounts < waiting && System.nanoTime() < deadline) {
            accounts++;
            if (letters.processAny()) {
                mended++;
            }
        }
        return new Retry(accounts, mended, queue.size());
    }
}
