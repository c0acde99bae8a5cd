package florin.eventstore;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Starts a node from the command line. */
public final class Main {
    private static final String USAGE =
            """
            Usage: java -jar axon-server.jar [options]
              --data DIR         folder of the event store (default: data)
              --host ADDRESS     address to listen on (default: 127.0.0.1, this machine only)
              --grpc-port N      port of the Axon Server API (default: 8124, 0: any free port)
              --http-port N      port of health and information (default: 8024, 0: any free port)
              --devmode          allow destructive conveniences for development
              --help             show this text
            """;

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (List.of(arguments).contains("--help")) {
            System.out.print(USAGE);
            return;
        }
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

    static NodeConfiguration parse(String... arguments) {
        NodeConfiguration defaults = NodeConfiguration.of(Path.of("data"), 8124, 8024);
        Path data = defaults.data();
        String host = defaults.host();
        int grpcPort = defaults.grpcPort();
        int httpPort = defaults.httpPort();
        boolean developmentMode = false;
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            String option = rest.poll();
            switch (option) {
                case "--data" -> data = Path.of(value(option, rest));
                case "--host" -> host = value(option, rest);
                case "--grpc-port" -> grpcPort = port(option, rest);
                case "--http-port" -> httpPort = port(option, rest);
                case "--devmode" -> developmentMode = true;
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        return NodeConfiguration.of(data.toAbsolutePath().normalize(), grpcPort, httpPort)
                .withHost(host)
                .withDevelopmentMode(developmentMode);
    }

    private static String value(String option, Deque<String> rest) {
        String value = rest.poll();
        if (value == null) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        return value;
    }

    private static int port(String option, Deque<String> rest) {
        String value = value(option, rest);
        try {
            int port = Integer.parseInt(value);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + " needs a port number, not " + value, e);
        }
        throw new IllegalArgumentException(option + " needs a port from 0 to 65535, not " + value);
    }
}
