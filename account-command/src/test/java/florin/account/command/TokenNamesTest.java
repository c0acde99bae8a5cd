package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import florin.kit.TestPlatform;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A database of before its tokens were called as in the other services. */
class TokenNamesTest {

    @Test
    void the_registry_goes_on_from_where_it_stood() {
        DriverManagerDataSource dataSource =
                new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("token_names"), "postgres", "postgres");
        JdbcClient database = JdbcClient.create(dataSource);
        FluentConfiguration flyway =
                Flyway.configure().dataSource(dataSource).locations("classpath:db/kit", "classpath:db/migration");
        flyway.target("1").load().migrate();
        int unused = database.sql(
                        """
                        INSERT INTO TokenEntry (processorName, segment, token, tokenType, timestamp, owner)
                        VALUES ('account-registry', 0, 'at 41', 'of a kind', '2026-01-02T03:04:05Z', 'somebody')
                        """)
                .update();

        flyway.target("latest").load().migrate();

        assertThat(database.sql(
                                """
                                SELECT concat_ws(', ', processor_name, segment, convert_from(token, 'UTF8'), token_type, timestamp,
                                    owner)
                                FROM token_entry
                                """)
                        .query(String.class)
                        .list())
                .containsExactly("account-registry, 0, at 41, of a kind, 2026-01-02T03:04:05Z, somebody");
    }
}
