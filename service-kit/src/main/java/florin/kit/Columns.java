package florin.kit;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Rows for one statement, as an array a column: {@code INSERT … SELECT * FROM unnest(?, ?)} costs PostgreSQL and its driver
 * hardly more for a hundred rows than for one.
 */
public final class Columns<R> {

    private final Collection<R> rows;
    private final List<Column> columns = new ArrayList<>();

    /** An array of the type itself: the driver sends it as it is, others as text with quotes. */
    private record Column(String type, List<?> values, IntFunction<Object[]> array) {}

    private Columns(Collection<R> rows) {
        this.rows = rows;
    }

    public static <R> Columns<R> of(Collection<R> rows) {
        return new Columns<>(rows);
    }

    public Columns<R> text(Function<R, String> value) {
        return column("text", String[]::new, row -> storable(value.apply(row)));
    }

    /** A text for a column of so many characters: what has more of them is cut, whoever wrote it. */
    public Columns<R> text(Function<R, String> value, int longest) {
        return column("text", String[]::new, row -> storable(value.apply(row), longest));
    }

    /** PostgreSQL has no text with NUL, whoever wrote it: it becomes the character that stands for what cannot be shown. */
    public static String storable(String text) {
        return text == null ? null : text.replace('\0', '\ufffd');
    }

    /** The same, cut to so many characters of PostgreSQL's, of which each is a code point. */
    public static String storable(String text, int longest) {
        return text == null || text.codePointCount(0, text.length()) <= longest
                ? storable(text)
                : storable(text.substring(0, text.offsetByCodePoints(0, longest)));
    }

    public Columns<R> bigint(Function<R, Long> value) {
        return column("bigint", Long[]::new, value);
    }

    public Columns<R> bool(Function<R, Boolean> value) {
        return column("boolean", Boolean[]::new, value);
    }

    public Columns<R> timestamp(Function<R, Instant> value) {
        // As text with its offset: the driver writes a Timestamp in an array without one.
        return column("timestamptz", String[]::new, row -> Objects.toString(value.apply(row), null));
    }

    private Columns<R> column(String type, IntFunction<Object[]> array, Function<R, ?> value) {
        List<Object> values = new ArrayList<>(rows.size());
        rows.forEach(row -> values.add(value.apply(row)));
        columns.add(new Column(type, values, array));
        return this;
    }

    /** These columns and then those of others, with rows of their own, for a statement that does several things. */
    public Columns<R> and(Columns<?> others) {
        columns.addAll(others.columns);
        return this;
    }

    /** Runs the statement unless there are no rows; gives how many it changed. */
    public int update(JdbcOperations jdbc, String sql) {
        return isEmpty() ? 0 : jdbc.update(sql, this::set);
    }

    /** Runs a statement that gives a number, unless there are no rows. */
    public int count(JdbcOperations jdbc, String sql) {
        Integer counted = isEmpty()
                ? Integer.valueOf(0)
                : jdbc.query(sql, this::set, (ResultSet result) -> result.next() ? result.getInt(1) : 0);
        return counted == null ? 0 : counted;
    }

    private boolean isEmpty() {
        return columns.stream().allMatch(column -> column.values().isEmpty());
    }

    private void set(PreparedStatement statement) throws SQLException {
        int index = 0;
        for (Column column : columns) {
            index++;
            statement.setArray(
                    index,
                    statement
                            .getConnection()
                            .createArrayOf(
                                    column.type(),
                                    column.values().toArray(column.array().apply(0))));
        }
    }
}
