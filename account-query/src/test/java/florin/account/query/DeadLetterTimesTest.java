package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;

import florin.kit.TestPlatform;
import java.time.Instant;
import org.axonframework.common.DateTimeUtils;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A database of before its dead letters' times became texts. */
class DeadLetterTimesTest {

    @Test
    void a_dead_letter_keeps_its_times() {
        DriverManagerDataSource dataSource =
                new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("dead_letter_times"), "postgres", "postgres");
        JdbcClient database = JdbcClient.create(dataSource);
        FluentConfiguration flyway =
                Flyway.configure().dataSource(dataSource).locations("classpath:db/kit", "classpath:db/migration");
        flyway.target("1").load().migrate();
        int unused = database.sql(
                        """
                        INSERT INTO dead_letter_entry (dead_letter_id, processing_group, sequence_identifier, sequence_index,
                            message_type, event_identifier, time_stamp, payload_type, payload, enqueued_at, last_touched)
                        VALUES ('1', 'accounts', 'NL', 0, 'm', 'e', '2026-01-02T03:04:05.678Z', 'p', '',
                            '2026-01-02T03:04:05.678+00', '2026-07-02T13:04:05+00')
                        """)
                .update();

        flyway.target("latest").load().migrate();

        assertThat(time(database, "enqueued_at")).isEqualTo(Instant.parse("2026-01-02T03:04:05.678Z"));
        assertThat(time(database, "last_touched")).isEqualTo(Instant.parse("2026-07-02T13:04:05Z"));
        assertThat(database.sql("SELECT processing_started IS NULL FROM dead_letter_entry")
                        .query(Boolean.class)
                        .single())
                .isTrue();
    }

    private static Instant time(JdbcClient database, String column) {
        return DateTimeUtils.parseInstant(database.sql("SELECT " + column + " FROM dead_letter_entry")
                .query(String.class)
                .single());
    }
}
