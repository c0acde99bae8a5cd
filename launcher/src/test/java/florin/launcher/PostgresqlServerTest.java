package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded PostgreSQL for real: one server, a restart, and who may go where. */
class PostgresqlServerTest {
    @TempDir
    static Path cache;

    @TempDir
    Path folder;

    @Test
    void each_login_reaches_its_own_database_only_and_the_data_survives_a_restart() throws SQLException {
        DatabaseAccounts accounts = DatabaseAccounts.readOrCreate(folder.resolve("passwords"));
        try (PostgresqlServer server = start(accounts)) {
            for (String database : DatabaseAccounts.DATABASES) {
                for (String login : DatabaseAccounts.DATABASES) {
                    if (login.equals(database)) {
                        execute(server, database, login, accounts, "CREATE TABLE kept AS SELECT 'yes' AS answer");
                    } else {
                        assertThatThrownBy(() -> execute(server, database, login, accounts, "SELECT 1"))
                                .isInstanceOf(SQLException.class);
                    }
                }
            }
            assertThat(answer(server, accounts, "SHOW fsync")).isEqualTo("on");
            assertThat(answer(server, accounts, "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(answer(server, accounts, "SHOW full_page_writes")).isEqualTo("on");
        }
        try (PostgresqlServer server = start(DatabaseAccounts.readOrCreate(folder.resolve("passwords")))) {
            assertThat(answer(server, accounts, "SELECT answer FROM kept")).isEqualTo("yes");
        }
    }

    @Test
    void passwords_are_random_and_readable_by_their_owner_only() throws Exception {
        DatabaseAccounts accounts = DatabaseAccounts.readOrCreate(folder.resolve("passwords"));
        DatabaseAccounts others = DatabaseAccounts.readOrCreate(folder.resolve("others"));

        assertThat(accounts.password("account_flno"))
                .hasSizeGreaterThan(40)
                .isNotEqualTo(accounts.password("account_flso"))
                .isNotEqualTo(others.password("account_flno"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("passwords"))))
                .isEqualTo("rw-------");
    }

    @Test
    void a_cluster_is_made_beside_its_place_and_one_that_was_cut_short_is_begun_anew() throws Exception {
        Path draft = folder.resolve("data.draft");
        DatabaseAccounts accounts = DatabaseAccounts.readOrCreate(folder.resolve("passwords"));
        Files.createDirectory(draft);
        Files.writeString(draft.resolve("PG_VERSION"), "16"); // initdb writes this first
        PostgresqlServer cutShort = server(accounts);

        assertThatThrownBy(() -> cutShort.start(() -> {
                    if (Files.exists(draft.resolve("base"))) {
                        cutShort.close();
                    }
                }))
                .isInstanceOf(LauncherException.class)
                .hasMessageContaining("initdb failed");

        assertThat(folder.resolve("data")).doesNotExist();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> ProcessHandle.current().descendants().noneMatch(PostgresqlServerTest::isInitdb));
        try (PostgresqlServer server = start(accounts)) {
            assertThat(answer(server, accounts, "SHOW fsync")).isEqualTo("on");
        }
        assertThat(draft).doesNotExist();
    }

    private static boolean isInitdb(ProcessHandle process) {
        return process.info().commandLine().orElse("").contains("initdb");
    }

    @Test
    void a_folder_in_the_clusters_place_that_is_none_is_refused_and_stays() throws Exception {
        Path letter = Files.createDirectory(folder.resolve("data")).resolve("letter.txt");
        Files.writeString(letter, "Dear Alice");

        assertThatThrownBy(() -> start(DatabaseAccounts.readOrCreate(folder.resolve("passwords"))))
                .isInstanceOf(LauncherException.class)
                .hasMessage("The folder " + letter.getParent() + " is there and is no cluster of PostgreSQL: move it"
                        + " away, or choose another data folder with --data.");
        assertThat(letter).hasContent("Dear Alice");
    }

    @Test
    void passwords_of_another_cluster_end_the_start_at_once() {
        start(DatabaseAccounts.readOrCreate(folder.resolve("passwords"))).close();

        assertThatThrownBy(() -> start(DatabaseAccounts.readOrCreate(folder.resolve("others"))))
                .isInstanceOf(LauncherException.class)
                .hasMessageStartingWith("PostgreSQL refuses the administrator's password");
    }

    private PostgresqlServer server(DatabaseAccounts accounts) {
        return new PostgresqlServer(
                cache,
                folder.resolve("data"),
                folder.resolve("postgresql.log"),
                PlatformPorts.free().postgresql(),
                accounts,
                line -> {},
                () -> {});
    }

    private PostgresqlServer start(DatabaseAccounts accounts) {
        return PostgresqlServer.start(
                cache,
                folder.resolve("data"),
                folder.resolve("postgresql.log"),
                PlatformPorts.free().postgresql(),
                accounts);
    }

    private static void execute(
            PostgresqlServer server, String database, String login, DatabaseAccounts accounts, String sql)
            throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(server.jdbcUrl(database), login, accounts.password(login));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String answer(PostgresqlServer server, DatabaseAccounts accounts, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        server.jdbcUrl("account_flno"), "account_flno", accounts.password("account_flno"));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
