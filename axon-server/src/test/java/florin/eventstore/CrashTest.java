package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.AppendEventsTransaction;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the real process under load, again and again, and compares what is left with what it acknowledged. */
class CrashTest {
    private static final int CRASHES = Integer.getInteger("florin.crashes", 3);
    private static final int WRITERS = 4;

    @TempDir
    private Path data;

    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicInteger aggregates = new AtomicInteger();

    @Test
    void everythingAcknowledgedIsThereOnceAfterAKill() throws Exception {
        Random random = new Random(20_261_124);
        for (int crash = 0; crash < CRASHES; crash++) {
            ServerProcess server = ServerProcess.start(data);
            try {
                int before = acknowledged.size();
                List<Thread> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    Thread writer = new Thread(() -> write(server.port()));
                    writer.start();
                    writers.add(writer);
                }
                int target = before + 100 + random.nextInt(300);
                await().atMost(60, TimeUnit.SECONDS)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(() -> acknowledged.size() >= target
                                || !server.process().isAlive());
                server.process().destroyForcibly().waitFor();
                for (Thread writer : writers) {
                    writer.join();
                }
                assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(target);
            } finally {
                server.process().destroyForcibly().waitFor();
            }
            verify();
        }
    }

    /** Appends transactions of two events to a new aggregate each, until the server is gone. */
    private void write(int port) {
        AxonServerConnectionFactory factory = connectTo(port);
        try {
            AxonServerConnection connection = factory.connect("default");
            while (true) {
                String aggregate = "aggregate-" + aggregates.getAndIncrement();
                AppendEventsTransaction transaction = connection.eventChannel().startAppendEventsTransaction();
                transaction.appendEvent(event(aggregate, 0, "x".repeat(200)));
                transaction.appendEvent(event(aggregate, 1, "y".repeat(200)));
                transaction.commit().get(5, TimeUnit.SECONDS);
                acknowledged.add(aggregate);
            }
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            // the server was killed: this transaction may or may not be there
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            factory.shutdown();
        }
    }

    private void verify() throws Exception {
        ServerProcess server = ServerProcess.start(data);
        AxonServerConnectionFactory factory = connectTo(server.port());
        try {
            AxonServerConnection connection = factory.connect("default");
            long last = connection.eventChannel().getLastToken().get(10, TimeUnit.SECONDS);
            Map<String, Long> sequences = new HashMap<>();
            Set<String> identifiers = new HashSet<>();
            try (EventStream stream = connection.eventChannel().openStream(-1, 1000)) {
                for (long expected = 0; expected <= last; expected++) {
                    var next = stream.nextIfAvailable(10, TimeUnit.SECONDS);
                    assertThat(next.getToken()).isEqualTo(expected);
                    Event event = next.getEvent();
                    assertThat(identifiers.add(event.getMessageIdentifier())).isTrue();
                    assertThat(event.getAggregateSequenceNumber())
                            .isEqualTo(sequences.getOrDefault(event.getAggregateIdentifier(), -1L) + 1);
                    sequences.put(event.getAggregateIdentifier(), event.getAggregateSequenceNumber());
                }
            }
            assertThat(sequences.values()).as("no transaction is half there").allMatch(sequence -> sequence == 1);
            assertThat(sequences.keySet()).containsAll(acknowledged);
            for (String aggregate : acknowledged.stream().limit(50).toList()) {
                assertThat(read(connection.eventChannel().openAggregateStream(aggregate)))
                        .hasSize(2);
            }
        } finally {
            factory.shutdown();
            server.process().destroy();
            server.process().waitFor();
        }
    }

    private static AxonServerConnectionFactory connectTo(int port) {
        return AxonServerConnectionFactory.forClient("crash")
                .routingServers(new ServerAddress("localhost", port))
                .connectTimeout(5, TimeUnit.SECONDS)
                .build();
    }

    /** The node in a process of its own, as a user starts it. */
    private record ServerProcess(Process process, int port) {
        static ServerProcess start(Path data) throws IOException {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Main.class.getName(),
                            "--data",
                            data.toString(),
                            "--grpc-port",
                            "0",
                            "--http-port",
                            "0")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            BufferedReader output = process.inputReader();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (line.startsWith("axon-server is ready")) {
                    String address = line.substring(line.indexOf("gRPC ") + 5, line.indexOf(", HTTP"));
                    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
                    Thread drain = new Thread(() -> output.lines().forEach(rest -> {}));
                    drain.setDaemon(true);
                    drain.start();
                    return new ServerProcess(process, port);
                }
            }
            throw new IOException("the server ended before it was ready");
        }
    }
}
