package florin.kit;

import florin.eventstore.AxonServerNode;
import florin.eventstore.NodeConfiguration;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.util.FileSystemUtils;

/** A real event store and a real PostgreSQL for the tests of one JVM, on free ports. */
public final class TestPlatform {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestPlatform() {}

    private static final class Node {
        static final AxonServerNode INSTANCE = start();

        private static AxonServerNode start() {
            try {
                Path data = Files.createTempDirectory("florin-events");
                AxonServerNode node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    node.close();
                    FileSystemUtils.deleteRecursively(data.toFile());
                }));
                return node;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    private static final class Database {
        static final EmbeddedPostgres INSTANCE = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder().setPort(freePort()).start();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    /**
     * A free port below those that the system gives to whoever asks for any: nobody is given it while PostgreSQL, which
     * takes its time to start, has not taken it yet.
     */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_768);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // Another one.
            }
        }
    }

    /** The gRPC port of this JVM's axon-server. */
    public static int axonServerPort() {
        return Node.INSTANCE.grpcPort();
    }

    /** The JDBC address of a new, empty database; login and password are {@code postgres}. */
    public static String freshDatabaseUrl(String name) {
        String unique = name + "_" + DATABASES.incrementAndGet();
        try (Connection connection = Database.INSTANCE.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + unique);
        } catch (SQLException failure) {
            throw new IllegalStateException("No test database", failure);
        }
        return "jdbc:postgresql://localhost:" + Database.INSTANCE.getPort() + "/" + unique;
    }

    /** Points a service under test to this platform. */
    public static void register(DynamicPropertyRegistry registry, String database) {
        String url = freshDatabaseUrl(database);
        registry.add("axon.axonserver.servers", () -> "localhost:" + axonServerPort());
        registry.add("spring.datasource.url", () -> url);
        registry.add("spring.datasource.username", () -> "postgres");
        registry.add("spring.datasource.password", () -> "postgres");
    }
}
