package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.launcher.DatabaseAccounts;
import florin.launcher.Platform;
import florin.launcher.PlatformConfiguration;
import florin.launcher.PlatformPorts;
import florin.launcher.PostgresqlServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each service has a database that nobody else can enter and that can live anywhere.
 *
 * <p>Comes first: the first platform that stops writes the class-data archives that all later processes start faster with.
 */
@Order(1)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(SharedPlatform.class)
class DatabasePerServiceTest {
    @Test
    void each_login_is_refused_by_every_other_database(Bank bank) throws SQLException {
        Platform platform = bank.platform();
        for (String login : DatabaseAccounts.DATABASES) {
            for (String database : DatabaseAccounts.DATABASES) {
                if (database.equals(login)) {
                    try (Connection own = connect(platform.jdbcUrl(database), login, platform.password(login))) {
                        assertThat(own.isValid(5)).isTrue();
                    }
                } else {
                    assertThatThrownBy(() -> connect(platform.jdbcUrl(database), login, platform.password(login)))
                            .as(login + " in " + database)
                            .isInstanceOf(SQLException.class)
                            .hasMessageContaining(login);
                }
            }
        }
    }

    @Test
    @Order(1)
    void a_service_moves_to_another_postgresql_server_by_its_url_only() throws SQLException {
        PlatformConfiguration configuration =
                PlatformConfiguration.of(SharedPlatform.root(), SharedPlatform.newFolder());
        Path elsewhere = SharedPlatform.newFolder();
        String alice;
        String before;
        try (Platform platform = Platform.start(configuration)) {
            Bank bank = new Bank(platform);
            alice = bank.openAtNorthWith("100.00");
            bank.awaitBalance(alice, "100.00");
            before = bank.account(alice).text();
        }

        DatabaseAccounts accounts =
                DatabaseAccounts.readOrCreate(configuration.data().resolve("database.passwords"));
        try (PostgresqlServer second = PostgresqlServer.start(
                configuration.cache(),
                elsewhere.resolve("postgresql"),
                elsewhere.resolve("postgresql.log"),
                PlatformPorts.free().postgresql(),
                accounts)) {
            String url = second.jdbcUrl("account_query");
            try (Platform platform = Platform.start(configuration.withDatabaseUrl("account_query", url))) {
                Bank bank = new Bank(platform);
                bank.awaitBalance(alice, "100.00");
                assertThat(bank.account(alice).text()).isEqualTo(before);
                assertThat(count(url, platform.password("account_query"))).isPositive();
            }
        }
    }

    private static int count(String url, String password) throws SQLException {
        try (Connection connection = connect(url, "account_query", password);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }

    private static Connection connect(String url, String login, String password) throws SQLException {
        return DriverManager.getConnection(url, login, password);
    }
}
