package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The network breaks at every stage of a client's life, from the first byte on. */
class NetworkCutTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Bytes until the cut: the handshake, the platform call, subscriptions, transactions, and answers fall among them. */
    private static final int[] STAGES = {
        0, 10, 24, 60, 150, 300, 450, 600, 800, 1000, 1300, 1700, 2200, 3000, 4000, 6000
    };

    @TempDir
    private Path data;

    private NodeFixture fixture;
    private CuttingProxy proxy;

    @BeforeEach
    void start() throws Exception {
        fixture = new NodeFixture(
                NodeConfiguration.of(data, 0, 0).withHeartbeat(Duration.ofMillis(200), Duration.ofSeconds(2)));
        proxy = new CuttingProxy(fixture.node().grpcPort());
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
        proxy.close();
    }

    @Test
    void whateverByteIsTheLastTheClientComesBackAndTransactionsAreWhole() throws Exception {
        List<String> acknowledged = new ArrayList<>();
        AtomicInteger number = new AtomicInteger();
        for (int stage : STAGES) {
            long cutsBefore = proxy.cuts();
            proxy.cutAfter(stage);
            AxonServerConnection client = connectThroughProxy("client-" + stage);
            var unused = client.commandChannel()
                    .registerCommandHandler(
                            command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()),
                            100,
                            "Greet-" + stage);
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                if (proxy.cuts() == cutsBefore) {
                    appendTwo(client, number, acknowledged);
                }
                return proxy.cuts() > cutsBefore;
            });
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                appendTwo(client, number, acknowledged);
                assertThat(client.commandChannel()
                                .sendCommand(Command.newBuilder()
                                        .setName("Greet-" + stage)
                                        .build())
                                .get(30, TimeUnit.SECONDS)
                                .getErrorCode())
                        .isEmpty();
            });
            client.disconnect();
        }

        assertThat(proxy.cuts()).isEqualTo(STAGES.length);
        AxonServerConnection client = fixture.connect("reader");
        for (String aggregate : acknowledged) {
            assertThat(read(client.eventChannel().openAggregateStream(aggregate)))
                    .as(aggregate)
                    .hasSize(2);
        }
        long last = client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS);
        try (EventStream stream = client.eventChannel().openStream(-1, 1000)) {
            for (long index = 0; index <= last; index++) {
                EventWithToken next = stream.nextIfAvailable(30, TimeUnit.SECONDS);
                assertThat(next.getToken()).isEqualTo(index);
                assertThat(next.getEvent().getAggregateSequenceNumber()).isEqualTo(index % 2);
            }
        }
    }

    @Test
    void aTransactionThatWasNotCompletedWhenTheNetworkBrokeIsNotThere() throws Exception {
        AxonServerConnection client = connectThroughProxy("client");
        client.eventChannel().startAppendEventsTransaction().appendEvent(event("half", 0, "never"));
        AxonServerConnection other = fixture.connect("other");
        assertThat(other.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isEqualTo(-1);
        proxy.cut();

        NodeFixture.append(other, event("half", 0, "now"));
        assertThat(read(other.eventChannel().openAggregateStream("half"))).hasSize(1);
    }

    @Test
    void commandsAtAHandlerBehindABrokenNetworkFailAtOnce() throws Exception {
        CompletableFuture<CommandResponse> response = sendToStuckHandler(false);
        proxy.cut();
        assertThat(response.get(60, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-4003");
    }

    @Test
    void commandsAtAHandlerBehindASilentNetworkFailWhenItsHeartbeatsStop() throws Exception {
        CompletableFuture<CommandResponse> response = sendToStuckHandler(true);
        proxy.hold();
        assertThat(response.get(60, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-4003");
        assertThat(fixture.connect("sender")
                        .commandChannel()
                        .sendCommand(Command.newBuilder().setName("Stuck").build())
                        .get(60, TimeUnit.SECONDS)
                        .getErrorCode())
                .isEqualTo("AXONIQ-4000");
    }

    private CompletableFuture<CommandResponse> sendToStuckHandler(boolean heartbeat) throws Exception {
        AxonServerConnection handler = connectThroughProxy("handler");
        CompletableFuture<Command> arrived = new CompletableFuture<>();
        handler.commandChannel()
                .registerCommandHandler(
                        command -> {
                            arrived.complete(command);
                            return new CompletableFuture<>();
                        },
                        100,
                        "Stuck")
                .awaitAck(30, TimeUnit.SECONDS);
        if (heartbeat) {
            handler.controlChannel().enableHeartbeat(100, 60_000, TimeUnit.MILLISECONDS);
            // Within this time the client has shown the node that it knows heartbeats.
            await().pollDelay(Duration.ofSeconds(1)).until(handler::isConnected);
        }
        CompletableFuture<CommandResponse> response = fixture.connect("sender")
                .commandChannel()
                .sendCommand(Command.newBuilder().setName("Stuck").build());
        arrived.get(30, TimeUnit.SECONDS);
        return response;
    }

    private void appendTwo(AxonServerConnection client, AtomicInteger number, List<String> acknowledged)
            throws Exception {
        String aggregate = "aggregate-" + number.getAndIncrement();
        Event first = event(aggregate, 0, "one");
        Event second = event(aggregate, 1, "two");
        NodeFixture.append(client, first, second);
        acknowledged.add(aggregate);
    }

    private AxonServerConnection connectThroughProxy(String clientId) {
        return fixture.connect(
                clientId,
                clientId,
                "default",
                builder -> builder.routingServers(new ServerAddress("localhost", proxy.port())));
    }
}
