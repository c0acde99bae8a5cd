package florin.bench.transfer;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Deque;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The reference: what a bank in one database would do. Each transfer is one transaction of two updates and two inserts, in
 * a database of its own on the platform's PostgreSQL, with its settings; {@link #close()} drops it, or the end of this JVM.
 * Connections are kept from load to load with all that is prepared on them, as a service's pool would keep them.
 */
final class Monolith implements AutoCloseable {

    private final String url;
    private final String user;
    private final String password;
    private final String database = "bench_" + UUID.randomUUID().toString().replace("-", "");
    private final AtomicBoolean isThere = new AtomicBoolean();
    private final int accounts;
    private final Deque<Session> kept = new ConcurrentLinkedDeque<>();

    private Monolith(String url, String user, String password, int accounts) {
        this.url = url;
        this.user = user;
        this.password = password;
        this.accounts = accounts;
    }

    /** {@code url} is that of any database of the server, {@code user} one who may create databases. */
    static Monolith create(String url, String user, String password, int accounts) throws SQLException {
        Monolith monolith = new Monolith(url, user, password, accounts);
        try (Connection connection = monolith.connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + monolith.database);
            monolith.isThere.set(true);
            Runtime.getRuntime().addShutdownHook(new Thread(monolith::dropAtExit, "drop-" + monolith.database));
        }
        try (Connection connection = monolith.connect(monolith.ownUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE account (id INTEGER PRIMARY KEY, booked BIGINT NOT NULL CHECK (booked >= 0))");
            statement.execute("CREATE TABLE entry (transfer_id UUID NOT NULL, account INTEGER NOT NULL,"
                    + " amount BIGINT NOT NULL, booked_at TIMESTAMPTZ NOT NULL DEFAULT now(),"
                    + " PRIMARY KEY (transfer_id, account))");
            statement.execute(
                    "INSERT INTO account SELECT id, 100000000 FROM generate_series(0, " + (accounts - 1) + ") AS id");
            statement.execute("VACUUM ANALYZE account");
        }
        return monolith;
    }

    /** Clients that transfer a cent between any two accounts. */
    Supplier<Load.Client> transfer() {
        return () -> new Client(false);
    }

    /** Clients that transfer a cent, all from one account. */
    Supplier<Load.Client> transferFromOne() {
        return () -> new Client(true);
    }

    /** The synchronization that the server does, to be shown beside the figures. */
    String settings() throws SQLException {
        try (Connection connection = connect(ownUrl());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('server_version'),"
                        + " current_setting('fsync'), current_setting('synchronous_commit'),"
                        + " current_setting('full_page_writes')")) {
            row.next();
            return "PostgreSQL " + row.getString(1) + ", fsync " + row.getString(2) + ", synchronous_commit "
                    + row.getString(3) + ", full_page_writes " + row.getString(4);
        }
    }

    private Connection connect(String to) throws SQLException {
        return DriverManager.getConnection(to, user, password);
    }

    private String ownUrl() {
        return url.replaceFirst("/[^/]*$", "/" + database);
    }

    /** Forgets the transfers, so that what was done to warm it up makes it no slower. */
    void forget() throws SQLException {
        execute("TRUNCATE entry");
        settle();
    }

    /** Cleans up behind a load, lest the server does so on the platform's time. */
    void settle() throws SQLException {
        execute("VACUUM account, entry");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect(ownUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        for (Session session : kept) {
            session.connection.close();
        }
        drop();
    }

    /** Ctrl-C, or a fault: it would stay in the platform's data folder. */
    private void dropAtExit() {
        try {
            drop();
        } catch (SQLException away) {
            System.err.println("The database " + database + " is left behind: " + away.getMessage());
        }
    }

    private void drop() throws SQLException {
        if (!isThere.getAndSet(false)) {
            return;
        }
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE " + database + " WITH (FORCE)");
        }
    }

    private final class Client implements Load.Client {
        private final boolean isFromOne;
        private Session session;

        Client(boolean isFromOne) {
            this.isFromOne = isFromOne;
        }

        @Override
        public void connect() throws SQLException {
            session = kept.pollFirst();
            if (session == null) {
                session = new Session(Monolith.this.connect(ownUrl()));
            }
        }

        @Override
        public boolean call() throws SQLException {
            if (session == null) {
                connect();
            }
            int from = isFromOne ? 0 : ThreadLocalRandom.current().nextInt(accounts);
            int to = (from + 1 + ThreadLocalRandom.current().nextInt(accounts - 1)) % accounts;
            try {
                session.transfer(from, to);
                return true;
            } catch (SQLException fault) {
                session.connection.close();
                session = null;
                throw fault;
            }
        }

        @Override
        public void close() {
            if (session != null) {
                kept.addFirst(session);
            }
        }
    }

    /** One connection with its prepared statements. */
    private static final class Session {
        private final Connection connection;
        private final PreparedStatement update;
        private final PreparedStatement insert;

        Session(Connection connection) throws SQLException {
            this.connection = connection;
            connection.setAutoCommit(false);
            update = connection.prepareStatement("UPDATE account SET booked = booked + ? WHERE id = ?");
            insert = connection.prepareStatement("INSERT INTO entry (transfer_id, account, amount) VALUES (?, ?, ?)");
        }

        void transfer(int from, int to) throws SQLException {
            UUID id = UUID.randomUUID();
            // In the order of the accounts, so that no two transfers wait for each other.
            add(Math.min(from, to), from < to ? -1 : 1);
            add(Math.max(from, to), from < to ? 1 : -1);
            book(id, from, -1);
            book(id, to, 1);
            connection.commit();
        }

        private void add(int account, long amount) throws SQLException {
            update.setLong(1, amount);
            update.setInt(2, account);
            if (update.executeUpdate() != 1) {
                throw new SQLException("There is no account " + account);
            }
        }

        private void book(UUID id, int account, long amount) throws SQLException {
            insert.setObject(1, id);
            insert.setInt(2, account);
            insert.setLong(3, amount);
            insert.executeUpdate();
        }
    }
}
