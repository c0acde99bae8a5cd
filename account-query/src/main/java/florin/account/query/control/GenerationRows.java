package florin.account.query.control;

import florin.account.query.control.ProjectionState.OtherHalf;
import florin.account.query.projection.Half;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What all instances know of the generations: the table {@code projection}, the views, and the tables of both halves. */
@Component
class GenerationRows {

    /** Each projection, and the views of what it projects. */
    static final SortedMap<String, List<String>> VIEWS = new TreeMap<>();

    static {
        VIEWS.put("accounts", List.of("account"));
        VIEWS.put("entries", List.of("entry", "ledger_balance"));
    }

    private static final String SELECT = "SELECT name, generation, other_half FROM projection";

    private final JdbcClient database;

    GenerationRows(JdbcClient database) {
        this.database = database;
    }

    /** All, in the order of their names. */
    List<ProjectionState> find() {
        return database.sql(SELECT + " ORDER BY name")
                .query(GenerationRows::state)
                .list();
    }

    /** @throws ProblemException unknown-projection */
    ProjectionState find(String name) {
        return known(name, database.sql(SELECT + " WHERE name = ?").param(name));
    }

    /**
     * Keeps it from being changed by others until the transaction ends.
     *
     * @throws ProblemException unknown-projection
     */
    ProjectionState lock(String name) {
        return known(name, database.sql(SELECT + " WHERE name = ? FOR UPDATE").param(name));
    }

    private static ProjectionState known(String name, JdbcClient.StatementSpec statement) {
        return statement
                .query(GenerationRows::state)
                .optional()
                .orElseThrow(() -> new ProblemException(
                        ProblemType.UNKNOWN_PROJECTION,
                        "There is no projection '" + name + "'; there are " + String.join(", ", VIEWS.keySet())));
    }

    /** As {@link #lock}, if it is still in this state and nobody else keeps it. */
    boolean lockIfStill(ProjectionState state) {
        Optional<ProjectionState> now = database.sql(SELECT + " WHERE name = ? FOR UPDATE SKIP LOCKED")
                .param(state.name())
                .query(GenerationRows::state)
                .optional();
        return now.isPresent() && now.get().equals(state);
    }

    void becomes(ProjectionState state, OtherHalf otherHalf) {
        int unused = database.sql("UPDATE projection SET other_half = ? WHERE name = ?")
                .params(otherHalf.name(), state.name())
                .update();
    }

    /** Has the next generation read, from the end of the transaction on; whoever reads the one of before is waited for. */
    void serveNext(ProjectionState state) {
        for (String view : VIEWS.get(state.name())) {
            int unused = database.sql("CREATE OR REPLACE VIEW " + view + " AS SELECT * FROM "
                            + state.other().table(view))
                    .update();
        }
        int unused = database.sql("UPDATE projection SET generation = generation + 1, other_half = ? WHERE name = ?")
                .params(OtherHalf.LEFT.name(), state.name())
                .update();
    }

    /** Removes all rows and dead letters of the other half, at once, however many there are. */
    void emptyOther(ProjectionState state) {
        Half other = state.other();
        String tables = VIEWS.get(state.name()).stream().map(other::table).collect(Collectors.joining(", "));
        int unused = database.sql("TRUNCATE " + tables).update();
        int unusedToo = database.sql("DELETE FROM dead_letter_entry WHERE processing_group = ?")
                .param(state.otherProcessor())
                .update();
        becomes(state, OtherHalf.EMPTY);
    }

    /** Whether an account waits in the next generation at an event that the one that is read has projected. */
    boolean isNextStuck(ProjectionState state) {
        return database.sql(
                        """
                        WITH waiting AS (
                            SELECT processing_group, sequence_identifier, min(sequence_number) AS since
                            FROM dead_letter_entry WHERE processing_group IN (:next, :served) GROUP BY 1, 2)
                        SELECT EXISTS (
                            SELECT FROM waiting AS next WHERE processing_group = :next AND NOT EXISTS (
                                SELECT FROM waiting AS served WHERE served.processing_group = :served
                                AND served.sequence_identifier = next.sequence_identifier
                                AND served.since <= next.since))
                        """)
                .param("next", state.otherProcessor())
                .param("served", state.processor())
                .query(Boolean.class)
                .single();
    }

    /** How many wait at a processor. Axon's queue counts the same, but its statements have no time limit. */
    long deadLetters(String processor) {
        return database.sql("SELECT count(*) FROM dead_letter_entry WHERE processing_group = ?")
                .param(processor)
                .query(Long.class)
                .single();
    }

    /** Keeps dead letters from being added, and from being tried again, until the transaction ends. */
    void lockDeadLetters() {
        int unused = database.sql("LOCK TABLE dead_letter_entry IN SHARE MODE").update();
    }

    /** Has PostgreSQL end this transaction if it hears nothing from it for so long: others wait for what it has locked. */
    void endIfSilent(Duration longest) {
        int unused = database.sql("SET LOCAL idle_in_transaction_session_timeout = " + longest.toMillis())
                .update();
    }

    /** The longest that a statement of this transaction waits for what others have locked. */
    void waitForLocks(Duration longest) {
        int unused =
                database.sql("SET LOCAL lock_timeout = " + longest.toMillis()).update();
    }

    private static ProjectionState state(ResultSet row, int number) throws SQLException {
        return new ProjectionState(
                row.getString("name"), row.getLong("generation"), OtherHalf.valueOf(row.getString("other_half")));
    }
}
