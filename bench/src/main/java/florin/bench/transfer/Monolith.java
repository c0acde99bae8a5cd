package florin.bench.transfer;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The reference: what a bank in one database would do. Each transfer is one transaction of two updates and two inserts, in
 * a database of its own on the platform's PostgreSQL, with its settings; {@link #close()} drops it.
 */
final class Monolith implements AutoCloseable {

    private final String url;
    private final String user;
    private final String password;
    private final String database = "bench_" + UUID.randomUUID().toString().replace("-", "");
    private final int accounts;
    private final List<Client> clients = new ArrayList<>();

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

    /** Transfers of a cent between any two accounts. */
    Load.Call transfer() {
        ThreadLocal<Client> mine = ThreadLocal.withInitial(this::newClient);
        return () -> {
            int from = ThreadLocalRandom.current().nextInt(accounts);
            int to = (from + 1 + ThreadLocalRandom.current().nextInt(accounts - 1)) % accounts;
            return mine.get().transfer(from, to);
        };
    }

    /** Transfers of a cent, all from one account. */
    Load.Call transferFromOne() {
        ThreadLocal<Client> mine = ThreadLocal.withInitial(this::newClient);
        return () -> mine.get().transfer(0, 1 + ThreadLocalRandom.current().nextInt(accounts - 1));
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

    private Client newClient() {
        try {
            Client client = new Client(connect(ownUrl()));
            synchronized (clients) {
                clients.add(client);
            }
            return client;
        } catch (SQLException away) {
            throw new IllegalStateException(away);
        }
    }

    private Connection connect(String to) throws SQLException {
        return DriverManager.getConnection(to, user, password);
    }

    private String ownUrl() {
        return url.replaceFirst("/[^/]*$", "/" + database);
    }

    /** Ends the connections of a load and cleans up behind it, lest the server does so on the platform's time. */
    void settle() throws SQLException {
        disconnect();
        try (Connection connection = connect(ownUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("VACUUM account, entry");
        }
    }

    private void disconnect() throws SQLException {
        synchronized (clients) {
            for (Client client : clients) {
                client.connection.close();
            }
            clients.clear();
        }
    }

    @Override
    public void close() throws SQLException {
        disconnect();
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE " + database + " WITH (FORCE)");
        }
    }

    /** One connection with its prepared statements. */
    private static final class Client {
        private final Connection connection;
        private final PreparedStatement update;
        private final PreparedStatement insert;

        Client(Connection connection) throws SQLException {
            this.connection = connection;
            connection.setAutoCommit(false);
            update = connection.prepareStatement("UPDATE account SET booked = booked + ? WHERE id = ?");
            insert = connection.prepareStatement("INSERT INTO entry (transfer_id, account, amount) VALUES (?, ?, ?)");
        }

        boolean transfer(int from, int to) throws SQLException {
            UUID id = UUID.randomUUID();
            try {
                // In the order of the accounts, so that no two transfers wait for each other.
                add(Math.min(from, to), from < to ? -1 : 1);
                add(Math.max(from, to), from < to ? 1 : -1);
                book(id, from, -1);
                book(id, to, 1);
                connection.commit();
                return true;
            } catch (SQLException fault) {
                connection.rollback();
                throw fault;
            }
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
