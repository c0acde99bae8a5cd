package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

class ColumnsTest {

    private record Row(String name, Long number, Boolean flag, Instant at) {}

    @Test
    void a_text_that_is_longer_than_its_column_is_cut_between_characters() {
        assertThat(Columns.storable("\ud83d\ude00\0\ud83d\ude00 and more", 3))
                .isEqualTo("\ud83d\ude00\ufffd\ud83d\ude00");
        assertThat(Columns.storable("\ud83d\ude00\ud83d\ude00", 2)).isEqualTo("\ud83d\ude00\ud83d\ude00");
        assertThat(Columns.storable("one\0", 4)).isEqualTo("one\ufffd");
        assertThat(Columns.storable(null, 4)).isNull();
    }

    /** Both were half past two in Amsterdam. */
    @Test
    void an_instant_is_the_same_whatever_the_clocks_of_the_process_show() {
        List<Row> rows = List.of(
                new Row("summer, with \"quotes\" and a \\", 1L, true, Instant.parse("2026-10-25T00:30:00Z")),
                new Row("winter\0", -2L, false, Instant.parse("2026-10-25T01:30:00.123456Z")),
                new Row(null, null, null, null));
        TimeZone before = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("Europe/Amsterdam"));
        SingleConnectionDataSource database =
                new SingleConnectionDataSource(TestPlatform.freshDatabaseUrl("columns"), "postgres", "postgres", true);
        try {
            JdbcTemplate jdbc = new JdbcTemplate(database);
            jdbc.execute("CREATE TABLE example (name TEXT, number BIGINT, flag BOOLEAN, at TIMESTAMPTZ)");
            int written = Columns.of(rows)
                    .text(Row::name)
                    .bigint(Row::number)
                    .bool(Row::flag)
                    .timestamp(Row::at)
                    .update(jdbc, "INSERT INTO example SELECT * FROM unnest(?, ?, ?, ?)");

            assertThat(written).isEqualTo(3);
            assertThat(jdbc.query(
                            "SELECT name, number, flag, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at"
                                    + " FROM example",
                            (row, index) -> Arrays.asList(
                                    row.getString("name"),
                                    row.getObject("number", Long.class),
                                    row.getObject("flag", Boolean.class),
                                    row.getString("at"))))
                    .containsExactly(
                            Arrays.asList(rows.get(0).name(), 1L, true, "2026-10-25 00:30:00.000000"),
                            Arrays.asList("winter\ufffd", -2L, false, "2026-10-25 01:30:00.123456"),
                            Arrays.asList(null, null, null, null));
            assertThat(Columns.of(List.<Row>of()).text(Row::name).update(jdbc, "no statement at all"))
                    .isZero();
            assertThat(Columns.of(List.<Row>of())
                            .text(Row::name)
                            .and(Columns.of(List.<Row>of()).bigint(Row::number))
                            .count(jdbc, "no statement at all"))
                    .isZero();
            int changed = Columns.of(List.<Row>of())
                    .text(Row::name)
                    .and(Columns.of(rows.subList(0, 2)).bigint(Row::number))
                    .count(
                            jdbc,
                            "WITH added AS (INSERT INTO example (name) SELECT * FROM unnest(?) RETURNING 1), gone AS ("
                                    + "DELETE FROM example WHERE number IN (SELECT * FROM unnest(?)) RETURNING 1)"
                                    + " SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM gone)");
            assertThat(changed).isEqualTo(2);
            assertThat(jdbc.queryForObject("SELECT count(*) FROM example", Integer.class))
                    .isEqualTo(1);
        } finally {
            database.destroy();
            TimeZone.setDefault(before);
        }
    }
}
