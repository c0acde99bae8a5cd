package florin.account.query.control;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.query.control.ProjectionState.OtherHalf;
import florin.kit.TestPlatform;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** When the next generation shows all that the one that is read has shown. */
class GenerationRowsTest {

    private static final ProjectionState BUILDING = new ProjectionState("accounts", 4, OtherHalf.BUILDING);

    private final DriverManagerDataSource dataSource =
            new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("generation_rows"), "postgres", "postgres");
    private final JdbcClient database = JdbcClient.create(dataSource);
    private final GenerationRows rows = new GenerationRows(database);

    @BeforeEach
    void migrate() {
        Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:db/kit", "classpath:db/migration")
                .load()
                .migrate();
    }

    @Test
    void an_account_that_waits_in_neither_or_only_in_the_one_that_is_read_holds_up_nothing() {
        assertThat(rows.isNextStuck(BUILDING)).isFalse();
        waits("accounts", "A", 7, 8);
        assertThat(rows.isNextStuck(BUILDING)).isFalse();
    }

    @Test
    void an_account_that_waits_only_in_the_next_one_holds_it_up() {
        waits("accounts", "A", 7);
        waits("accounts-odd", "B", 7);
        assertThat(rows.isNextStuck(BUILDING)).isTrue();
    }

    @Test
    void an_account_that_waits_in_the_next_one_at_the_same_event_or_a_later_one_does_not_hold_it_up() {
        waits("accounts", "A", 7, 8);
        waits("accounts-odd", "A", 7, 8);
        waits("accounts", "B", 3, 4, 5);
        waits("accounts-odd", "B", 5);
        assertThat(rows.isNextStuck(BUILDING)).isFalse();
    }

    @Test
    void an_account_that_waits_in_the_next_one_at_an_event_before_holds_it_up_for_that_would_vanish() {
        waits("accounts", "A", 7, 8);
        waits("accounts-odd", "A", 3, 4, 5, 6, 7, 8);
        assertThat(rows.isNextStuck(BUILDING)).isTrue();
    }

    private void waits(String processor, String account, long... positions) {
        for (long position : positions) {
            int unused = database.sql(
                            """
                            INSERT INTO dead_letter_entry (dead_letter_id, processing_group, sequence_identifier, sequence_index,
                                message_type, event_identifier, time_stamp, payload_type, payload, sequence_number, enqueued_at)
                            VALUES (gen_random_uuid(), :processor, :account, :position, 'm', 'e', 't', 'p', '', :position, 'now')
                            """)
                    .param("processor", processor)
                    .param("account", account)
                    .param("position", position)
                    .update();
        }
    }
}
