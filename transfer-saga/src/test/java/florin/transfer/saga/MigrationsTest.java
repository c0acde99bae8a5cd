package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;

import florin.kit.TestPlatform;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A database of before, with transfers in it. */
class MigrationsTest {

    private final DriverManagerDataSource dataSource =
            new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("migrations"), "postgres", "postgres");
    private final JdbcClient database = JdbcClient.create(dataSource);
    private final FluentConfiguration flyway =
            Flyway.configure().dataSource(dataSource).locations("classpath:db/kit", "classpath:db/migration");

    @Test
    void each_transfer_is_known_to_have_ended_and_no_event_of_it_is_newer_than_it_or_there_twice() {
        flyway.target("3").load().migrate();
        transfer("TRF-behind", "COMPLETED", "12:00:00");
        step("TRF-behind", "TRF-behind", 0, "12:00:00", "TransferRequested");
        step("TRF-behind", "NL1", 7, "12:00:09", "FundsReserved");
        step("TRF-behind", "NL1", 8, "12:00:05", "ReservationCaptured");
        transfer("TRF-ahead", "FAILED", "12:00:00");
        step("TRF-ahead", "TRF-ahead", 0, "11:59:00", "TransferRequested");
        transfer("TRF-twice", "RESERVED", "12:00:00");
        step("TRF-twice", "NL2", 1, "12:00:00", "WasLost");
        step("TRF-twice", "NL2", 1, "12:00:01", "FundsReserved");
        transfer("TRF-without-events", "RECEIVED", "12:00:00");

        flyway.target("latest").load().migrate();

        assertThat(texts("SELECT concat_ws(' ', id, ended_as, to_char(updated_at AT TIME ZONE 'UTC', 'HH24:MI:SS'))"
                        + " FROM transfer_view ORDER BY id"))
                .containsExactly(
                        "TRF-ahead FAILED 12:00:00",
                        "TRF-behind COMPLETED 12:00:09",
                        "TRF-twice 12:00:01",
                        "TRF-without-events 12:00:00");
        assertThat(texts("SELECT event FROM transfer_step WHERE transfer_id = 'TRF-twice'"))
                .containsExactly("FundsReserved");
        assertThat(texts("SELECT event FROM transfer_step WHERE transfer_id = 'TRF-behind' ORDER BY number"))
                .containsExactly("TransferRequested", "FundsReserved", "ReservationCaptured");
    }

    private void transfer(String id, String status, String time) {
        int unused = database.sql(
                        """
                        INSERT INTO transfer_view (id, status, from_iban, to_iban, amount_minor, currency, reference,
                            requested_at, updated_at)
                        VALUES (?, ?, 'NL1', 'NL2', 100, 'EUR', 'rent', ?::timestamptz, ?::timestamptz)
                        """)
                .params(id, status, at(time), at(time))
                .update();
    }

    private void step(String transfer, String stream, int position, String time, String event) {
        int unused = database.sql(
                        """
                        INSERT INTO transfer_step (event_id, transfer_id, event, at, service, stream, position)
                        VALUES (gen_random_uuid()::text, ?, ?, ?::timestamptz, 'transfer-saga', ?, ?)
                        """)
                .params(transfer, event, at(time), stream, position)
                .update();
    }

    private static String at(String time) {
        return "2026-05-01T" + time + "Z";
    }

    private List<String> texts(String query) {
        return database.sql(query).query(String.class).list();
    }
}
