package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
    private static final long POLL_MILLIS = 50;
    /** The class of SQLSTATEs that refuse a login. */
    private static final String INVALID_AUTHORIZATION = "28";

    private final Path data;
    private final Path draft;
    private final Path password;
    private final Path binaries;
    private final int port;
    private final DatabaseAccounts accounts;
    private final ManagedProcess initdb;
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
        this.draft = data.resolveSibling(data.getFileName() + ".draft");
        this.password = data.resolveSibling(data.getFileName() + ".password");
        this.binaries = PostgresqlBinaries.unpack(cache);
        this.port = port;
        this.accounts = accounts;
        Map<String, String> environment = Map.of("LC_ALL", "C", "TZ", "UTC");
        this.initdb = new ManagedProcess("initdb", this::initdb, environment, log, false, progress, () -> {});
        this.process = new ManagedProcess("postgresql", this::command, environment, log, true, progress, changed);
    }

    /**
     * Starts a server and waits until it answers with all databases there.
     *
     * @param cache folder of unpacked programs
     * @param data folder of the database cluster; made if it is missing
     */
    public static PostgresqlServer start(Path cache, Path data, Path log, int port, DatabaseAccounts accounts) {
        PostgresqlServer server = new PostgresqlServer(cache, data, log, port, accounts, line -> {}, () -> {});
        long end = System.nanoTime() + START_TIMEOUT.toNanos();
        try {
            server.start(() -> {
                if (System.nanoTime() > end) {
                    throw new LauncherException(
                            "PostgreSQL is not ready within " + START_TIMEOUT.toSeconds() + " s; see " + log + ".");
                }
            });
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /**
     * Returns when it takes connections and all databases are there.
     *
     * @param patience asked again and again meanwhile; it ends the start by throwing
     */
    void start(Runnable patience) {
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            create(patience);
        }
        writeAccessRules();
        process.start();
        awaitReady(patience);
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
        return isReady(jdbcUrl(""), accounts);
    }

    /**
     * Whether a server takes connections.
     *
     * @param url without a database
     */
    static boolean isReady(String url, DatabaseAccounts accounts) {
        try (Connection connection = connect(url, accounts)) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private void awaitReady(Runnable patience) {
        while (true) {
            try (Connection connection = connect(jdbcUrl(""), accounts)) {
                if (connection.isValid(1)) {
                    return;
                }
            } catch (SQLException e) {
                if (e.getSQLState() != null && e.getSQLState().startsWith(INVALID_AUTHORIZATION)) {
                    throw new LauncherException(
                            "PostgreSQL refuses the administrator's password: database.passwords does not belong to "
                                    + data + "; put that file back which was made with it.",
                            e);
                }
            }
            if (process.exitCode().isPresent()) {
                throw new LauncherException(
                        "PostgreSQL did not start; its log " + process.log() + " ends with:\n" + process.logTail(5));
            }
            patience.run();
            Pause.millis(POLL_MILLIS);
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(OperatingSystem.notRoot(binaries, data));
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

    /** Makes the cluster beside its place and moves it there once it is whole. */
    private void create(Runnable patience) {
        if (Files.exists(data)) {
            throw new LauncherException(
                    "The folder " + data + " is there and is no cluster of PostgreSQL: move it away,"
                            + " or choose another data folder with " + Setting.DATA.option() + ".");
        }
        try {
            Files.createDirectories(data.getParent());
            UnpackedFolder.delete(draft); // what a start that was cut short left behind
            Files.deleteIfExists(password);
            Files.createDirectory(draft);
            Files.createFile(password, DatabaseAccounts.OWNER_ONLY);
            Files.writeString(password, accounts.password(DatabaseAccounts.ADMINISTRATOR));
            initdb.start();
            while (initdb.isAlive()) {
                patience.run();
                Pause.millis(POLL_MILLIS);
            }
            if (initdb.exitCode().orElse(-1) != 0) {
                throw new LauncherException(
                        "PostgreSQL's initdb failed; its log " + initdb.log() + " ends with:\n" + initdb.logTail(5));
            }
            Files.move(draft, data, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel parent = FileChannel.open(data.getParent(), StandardOpenOption.READ)) {
                parent.force(true); // A draft that is there again after a loss of power would be deleted.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deleteIfThere(password);
        }
    }

    private List<String> initdb() {
        List<String> command = new ArrayList<>(OperatingSystem.notRoot(binaries, draft, password));
        command.addAll(List.of(
                binaries.resolve("bin/initdb").toString(),
                "--pgdata=" + draft,
                "--username=" + DatabaseAccounts.ADMINISTRATOR,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C"));
        return command;
    }

    private static void deleteIfThere(Path file) {
        try {
            Files.deleteIfExists(file);
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
        try (Connection connection = connect(jdbcUrl(""), accounts);
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

    private static Connection connect(String url, DatabaseAccounts accounts) throws SQLException {
        return DriverManager.getConnection(
                url + "postgres?connectTimeout=5&socketTimeout=30",
                DatabaseAccounts.ADMINISTRATOR,
                accounts.password(DatabaseAccounts.ADMINISTRATOR));
    }

    @Override
    public void close() {
        initdb.stop();
        process.stop();
    }
}
