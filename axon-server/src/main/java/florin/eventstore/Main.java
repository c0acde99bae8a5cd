package florin.eventstore;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.NodeConfiguration.Limits;
import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.storage.SyncMode;
import florin.eventstore.tool.CopyException;
import florin.eventstore.tool.StoreCopy;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.netty.util.ResourceLeakDetector;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Starts a node from the command line. */
public final class Main {
    private static final Set<String> SWITCHES = Set.of("--devmode", "--insecure-listen");
    private static final int MIN_MESSAGE_BYTES = 64 << 10;
    private static final int MAX_MESSAGE_BYTES = 256 << 20;
    static final String USAGE =
            """
            Usage: java -jar axon-server.jar [options]
                   java -jar axon-server.jar backup DIR [--data DIR]    copy a store, also of a running node
                   java -jar axon-server.jar restore DIR [--data DIR]   copy a backup into an empty data folder
                   java -jar axon-server.jar verify [--data DIR]        read every record of a stopped node's store
                   java -jar axon-server.jar copy --help                copy a context to another server
              --config FILE           properties file with these keys (without --); options count more than the file
              --data DIR              folder of the event store (default: data)
              --host ADDRESS          address to listen on (default: 127.0.0.1, this machine only)
              --grpc-port N           port of the Axon Server API (default: 8124, 0: any free port)
              --http-port N           port of health, information, administration (default: 8024, 0: any free port)
              --sync MODE             every-commit (default): an append is acknowledged once it is on the disk;
                                      interval: the disk is synced each second, a loss of power loses up to that much
              --min-free-bytes N      refuse appends while the volume has less room (default: 134217728)
              --write-buffer-bytes N  memory for what was written last, of each kind, before it becomes a file (default: 16777216)
              --block-cache-bytes N   memory for what was read last, for indexes and for filters (default: 134217728)
              --insecure-listen       listen to other machines although there is no access control
              --tls-certificate FILE  certificate (PEM) for gRPC and HTTP, with --tls-key
              --tls-key FILE          its key (PEM, PKCS #8, not encrypted)
              --tls-client-ca FILE    clients must show a certificate that one of these (PEM) has signed
              --max-message-size N    bytes of one message (default: 16777216)
              --max-connections N     gRPC connections at once (default: 1000)
              --max-scheduled-events N  scheduled events that wait (default: 500000)
              --devmode               allow destructive conveniences for development
              --help                  show this text
            Access control is on when the file names applications:
              application.NAME.token=SECRET
              application.NAME.roles=USE_CONTEXT@default,MONITOR@*
            """;

    /**
     * Of a client's fault, from a message that is too large to an HTTP request to the wrong port, gRPC would tell the stack each time.
     * Kept here, for what is said to a logger goes with what nobody refers to.
     */
    private static final Logger GRPC_LOG = Logger.getLogger("io.grpc");

    /** It tells of tasks that threw; of a message that cannot be parsed, too. */
    private static final Logger GRPC_TASKS_LOG = Logger.getLogger("io.grpc.internal.SerializingExecutor");

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length > 0 && arguments[0].equals("copy")) {
            System.exit(copy(Arrays.copyOfRange(arguments, 1, arguments.length)));
        }
        if (List.of(arguments).contains("--help")) {
            System.out.print(USAGE);
            return;
        }
        if (arguments.length > 0 && Commands.isCommand(arguments[0])) {
            System.exit(new Commands(System.out, System.err).run(arguments));
        }
        GRPC_LOG.setLevel(Level.SEVERE);
        GRPC_TASKS_LOG.setFilter(told -> !(told.getThrown() instanceof StatusRuntimeException));
        // The search for leaks takes a stack trace for each hundredth buffer; tests start a node without this.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        AxonServerNode node;
        NodeConfiguration configuration;
        try {
            configuration = parse(arguments);
            node = AxonServerNode.start(configuration);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        } catch (RuntimeException e) {
            System.err.println("axon-server cannot start: " + e.getMessage());
            System.exit(1);
            return;
        }
        if (configuration.storage().sync() == SyncMode.INTERVAL) {
            System.out.println("sync=interval: appends are acknowledged before they are on the disk; a loss of power"
                    + " loses up to the last second of them");
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            node.close();
                            stopped.countDown();
                        },
                        "shutdown"));
        System.out.println("axon-server is ready: gRPC " + configuration.host() + ":" + node.grpcPort() + ", HTTP "
                + configuration.host() + ":" + node.httpPort() + ", data " + configuration.data());
        stopped.await();
    }

    private static int copy(String... arguments) throws InterruptedException {
        if (List.of(arguments).contains("--help")) {
            System.out.print(StoreCopy.USAGE);
            return 0;
        }
        try {
            StoreCopy.run(System.out, arguments);
            return 0;
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(StoreCopy.USAGE);
            return 2;
        } catch (CopyException e) {
            System.err.println("copy failed: " + e.getMessage());
            return 1;
        }
    }

    static NodeConfiguration parse(String... arguments) {
        NodeConfiguration defaults = NodeConfiguration.of(Path.of("data"), 8124, 8024);
        ConfigurationFile file = configurationFile(arguments);
        Path data = defaults.data();
        String host = defaults.host();
        int grpcPort = defaults.grpcPort();
        int httpPort = defaults.httpPort();
        boolean developmentMode = false;
        StorageConfiguration storage = defaults.storage();
        boolean insecureListen = false;
        Path certificate = null;
        Path key = null;
        Path clientAuthority = null;
        int maxMessageBytes = defaults.limits().maxMessageBytes();
        int maxConnections = defaults.limits().maxConnections();
        int maxScheduledEvents = defaults.limits().maxScheduledEvents();
        Deque<String> rest = new ArrayDeque<>(file.arguments());
        rest.addAll(List.of(arguments));
        while (!rest.isEmpty()) {
            String option = rest.poll();
            switch (option) {
                case "--config" -> value(option, rest); // read already
                case "--data" -> data = Path.of(value(option, rest));
                case "--host" -> host = value(option, rest);
                case "--grpc-port" -> grpcPort = number(option, rest, 0, 65_535);
                case "--http-port" -> httpPort = number(option, rest, 0, 65_535);
                case "--sync" -> storage = storage.withSync(syncMode(value(option, rest)));
                case "--min-free-bytes" -> storage = storage.withMinFreeBytes(number(option, rest, 0, Long.MAX_VALUE));
                case "--write-buffer-bytes" ->
                    storage = storage.withWriteBufferBytes(number(
                            option,
                            rest,
                            StorageConfiguration.MIN_WRITE_BUFFER_BYTES,
                            StorageConfiguration.MAX_WRITE_BUFFER_BYTES));
                case "--block-cache-bytes" ->
                    storage = storage.withBlockCacheBytes(number(
                            option,
                            rest,
                            StorageConfiguration.MIN_BLOCK_CACHE_BYTES,
                            StorageConfiguration.MAX_BLOCK_CACHE_BYTES));
                case "--devmode" -> developmentMode = true;
                case "--insecure-listen" -> insecureListen = true;
                case "--tls-certificate" -> certificate = Path.of(value(option, rest));
                case "--tls-key" -> key = Path.of(value(option, rest));
                case "--tls-client-ca" -> clientAuthority = Path.of(value(option, rest));
                case "--max-message-size" ->
                    maxMessageBytes = number(option, rest, MIN_MESSAGE_BYTES, MAX_MESSAGE_BYTES);
                case "--max-connections" -> maxConnections = number(option, rest, 1, 1_000_000);
                case "--max-scheduled-events" -> maxScheduledEvents = number(option, rest, 1, 100_000_000);
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        if ((certificate == null) != (key == null) || (clientAuthority != null && key == null)) {
            throw new IllegalArgumentException("TLS needs both --tls-certificate and --tls-key");
        }
        Tls tls = certificate == null ? null : Tls.read(certificate, key, clientAuthority);
        AccessControl control =
                file.applications().isEmpty() ? AccessControl.off() : AccessControl.of(file.applications());
        return NodeConfiguration.of(data.toAbsolutePath().normalize(), grpcPort, httpPort)
                .withHost(host)
                .withDevelopmentMode(developmentMode)
                .withStorage(storage)
                .withAccess(new Access(control, tls, insecureListen))
                .withLimits(new Limits(maxMessageBytes, maxConnections, maxScheduledEvents));
    }

    private static ConfigurationFile configurationFile(String... arguments) {
        int option = List.of(arguments).indexOf("--config");
        if (option < 0) {
            return ConfigurationFile.NONE;
        }
        if (option + 1 == arguments.length) {
            throw new IllegalArgumentException("--config needs a value");
        }
        if (List.of(arguments).lastIndexOf("--config") != option) {
            throw new IllegalArgumentException("--config may be given once");
        }
        return ConfigurationFile.read(Path.of(arguments[option + 1]), SWITCHES);
    }

    private static String value(String option, Deque<String> rest) {
        String value = rest.poll();
        if (value == null) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        return value;
    }

    private static SyncMode syncMode(String value) {
        return switch (value) {
            case "every-commit" -> SyncMode.EVERY_COMMIT;
            case "interval" -> SyncMode.INTERVAL;
            default -> throw new IllegalArgumentException("--sync is every-commit or interval, not " + value);
        };
    }

    private static int number(String option, Deque<String> rest, int least, int most) {
        return (int) number(option, rest, (long) least, most);
    }

    private static long number(String option, Deque<String> rest, long least, long most) {
        String value = value(option, rest);
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + " needs a number, not " + value, e);
        }
        throw new IllegalArgumentException(option + " needs a number from " + least + " to " + most + ", not " + value);
    }
}
