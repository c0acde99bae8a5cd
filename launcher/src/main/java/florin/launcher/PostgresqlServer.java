package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * An embedded PostgreSQL with a database and a login per service. Each login may connect to its own database only:
 * {@code pg_hba.conf} lists the pairs, and CONNECT is revoked from everybody else. Writes are synced (the defaults of
 * PostgreSQL, which test servers like to turn off).
 */
public final class PostgresqlServer implements AutoCloseable {
    /** After a loss of power it may have much to recover; a recovery that is given up begins anew. */
    private static final Duration START_TIMEOUT = Duration.ofHours(1);

    private static final long POLL_MILLIS = 50;

    private final Path data;
    private final Path binaries;
    private final int port;
    private final DatabaseAccounts accounts;
    private final ManagedProcess process;

    PostgresqlServer(
            Path cache,
            Path data,
            Path log,
            int port,
            DatabaseAccounts accounts,
            Consumer<String> progress,
            Runnable changed) {
        this.data = data;
        this.binaries = PostgresqlBinaries.unpack(cache);
        this.port = port;
        this.accounts = accounts;
        this.process = new ManagedProcess(
                "postgresql", this::command, Map.of("LC_ALL", "C", "TZ", "UTC"), log, true, progress, changed);
    }

    /**
     * Starts a server and waits until it answers with all databases there.
     *
     * @param cache folder of unpacked programs
     * @param data folder of the database cluster; made if it is missing
     */
    public static PostgresqlServer start(Path cache, Path data, Path log, int port, DatabaseAccounts accounts) {
        PostgresqlServer server = new PostgresqlServer(cache, data, log, port, accounts, line -> {}, () -> {});
        try {
            server.start();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    void start() {
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            create();
        }
        writeAccessRules();
        process.start();
        awaitReady(START_TIMEOUT);
        createDatabases();
    }

    ManagedProcess process() {
        return process;
    }

    /** The JDBC URL of a database, without credentials. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    boolean isReady() {
        try (Connection connection = connect()) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private void awaitReady(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        while (!isReady()) {
            if (process.exitCode().isPresent()) {
                throw new LauncherException(
                        "PostgreSQL did not start; its log " + process.log() + " ends with:\n" + process.logTail(5));
            }
            if (System.nanoTime() > end) {
                throw new LauncherException(
                        "PostgreSQL did not answer within " + timeout.toSeconds() + " s; see " + process.log() + ".");
            }
            Pause.millis(POLL_MILLIS);
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(OperatingSystem.notRoot(data));
        command.addAll(List.of(binaries.resolve("bin/postgres").toString(), "-D", data.toString()));
        List<String> parameters = List.of(
                "port=" + port,
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "fsync=on",
                "full_page_writes=on",
                "synchronous_commit=on",
                "shared_buffers=128MB",
                // After each checkpoint a page's first change is written as a whole page.
                "checkpoint_timeout=15min",
                "max_wal_size=2GB",
                "max_connections=200",
                "timezone=UTC",
                "log_timezone=UTC");
        parameters.forEach(parameter -> command.addAll(List.of("-c", parameter)));
        return command;
    }

    private void create() {
        Path password = null;
        try {
            Files.createDirectories(data.getParent());
            UnpackedFolder.delete(data); // what a start that was cut short left behind
            Files.createDirectory(data);
            password = Files.createTempFile(data.getParent(), "administrator", ".password"); // mode 0600
            Files.writeString(password, accounts.password(DatabaseAccounts.ADMINISTRATOR));
            List<String> command = new ArrayList<>(OperatingSystem.notRoot(data));
            command.addAll(List.of(
                    binaries.resolve("bin/initdb").toString(),
                    "--pgdata=" + data,
                    "--username=" + DatabaseAccounts.ADMINISTRATOR,
                    "--pwfile=" + password,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C"));
            if (command.get(0).equals("setpriv")) {
                int unused = OperatingSystem.run(List.of("chown", "65534", password.toString()), Map.of());
            }
            Files.createDirectories(process.log().getParent());
            int exitCode = OperatingSystem.run(
                    command,
                    Map.of("LC_ALL", "C", "TZ", "UTC"),
                    ProcessBuilder.Redirect.appendTo(process.log().toFile()));
            if (exitCode != 0) {
                throw new LauncherException(
                        "PostgreSQL's initdb failed; its log " + process.log() + " ends with:\n" + process.logTail(5));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deleteIfThere(password);
        }
    }

    private static void deleteIfThere(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeAccessRules() {
        List<String> rules = new ArrayList<>();
        rules.add("# database  login  address  method: whatever is not listed here is refused");
        rules.add("host all " + DatabaseAccounts.ADMINISTRATOR + " 127.0.0.1/32 scram-sha-256");
        for (String database : DatabaseAccounts.DATABASES) {
            rules.add("host " + database + " " + database + " 127.0.0.1/32 scram-sha-256");
        }
        try {
            Path file = data.resolve("pg_hba.conf");
            Path draft = data.resolve("pg_hba.conf.draft");
            Files.write(draft, rules);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void createDatabases() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String name : DatabaseAccounts.DATABASES) {
                if (!exists(statement, "SELECT 1 FROM pg_roles WHERE rolname = '" + name + "'")) {
                    statement.execute("CREATE ROLE " + name + " LOGIN");
                }
                statement.execute("ALTER ROLE " + name + " PASSWORD '" + accounts.password(name) + "'");
                if (!exists(statement, "SELECT 1 FROM pg_database WHERE datname = '" + name + "'")) {
                    statement.execute("CREATE DATABASE " + name + " OWNER " + name);
                }
                statement.execute("REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
            }
            statement.execute("REVOKE ALL ON DATABASE postgres FROM PUBLIC");
            statement.execute("REVOKE ALL ON DATABASE template1 FROM PUBLIC");
        } catch (SQLException e) {
            throw new LauncherException("PostgreSQL refused to make the databases: " + e.getMessage() + ".", e);
        }
    }

    private static boolean exists(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            return rows.next();
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                jdbcUrl("postgres") + "?connectTimeout=5&socketTimeout=30",
                DatabaseAccounts.ADMINISTRATOR,
                accounts.password(DatabaseAccounts.ADMINISTRATOR));
    }

    @Override
    public void close() {
        process.stop();
    }
}
