package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyClientsTest {
    private static final int CLIENTS = 200;

    @TempDir
    private Path data;

    private NodeFixture fixture;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void twoHundredClientsWriteHandleSendAndReadAtOnce() throws Exception {
        List<AxonServerConnection> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(fixture.connect("client-" + i));
        }
        CyclicBarrier all = new CyclicBarrier(CLIENTS);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                work.add(threads.submit(() -> {
                    all.await(60, TimeUnit.SECONDS);
                    exercise(clients.get(number), number);
                    return null;
                }));
            }
            for (Future<?> each : work) {
                each.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(clients.get(0).eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isEqualTo(CLIENTS * 5 - 1);
        assertThat(fixture.http("GET", "/actuator/prometheus", "").body())
                .contains("axon_clients_connected_count " + CLIENTS + "\n")
                .contains("axon_commands_throughput_count " + CLIENTS + "\n");
    }

    private static void exercise(AxonServerConnection client, int number) throws Exception {
        client.commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.newBuilder()
                                .setPayload(command.getPayload())
                                .build()),
                        100,
                        "Echo-" + number)
                .awaitAck(60, TimeUnit.SECONDS);
        for (int i = 0; i < 5; i++) {
            append(client, event("aggregate-" + number, i, "event"));
        }
        CommandResponse response = client.commandChannel()
                .sendCommand(Command.newBuilder()
                        .setName("Echo-" + number)
                        .setPayload(payload("hello " + number))
                        .build())
                .get(60, TimeUnit.SECONDS);
        assertThat(response.getPayload()).isEqualTo(payload("hello " + number));
        try (EventStream stream = client.eventChannel().openStream(-1, 10)) {
            assertThat(stream.nextIfAvailable(60, TimeUnit.SECONDS).getToken()).isZero();
        }
    }

    @Test
    void aReaderThatDoesNotReadHoldsUpNobodyAndMissesNothing() throws Exception {
        int events = 4000;
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        "127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
        try {
            SlowReader slow = new SlowReader();
            EventStoreGrpc.newStub(channel)
                    .listEvents(slow)
                    .onNext(GetEventsRequest.newBuilder()
                            .setTrackingToken(0)
                            .setNumberOfPermits(Long.MAX_VALUE)
                            .build());
            AxonServerConnection client = fixture.connect("client");
            EventStream fast = client.eventChannel().openStream(-1, 1000);
            String text = "x".repeat(5000);
            for (int i = 0; i < events; i += 100) {
                Event[] transaction = new Event[100];
                for (int j = 0; j < transaction.length; j++) {
                    transaction[j] = event("a", i + j, text);
                }
                append(client, transaction);
            }
            for (int i = 0; i < events; i++) {
                assertThat(fast.nextIfAvailable(60, TimeUnit.SECONDS).getToken())
                        .isEqualTo(i);
            }
            assertThat(slow.tokens)
                    .as("20 MB were written and read by others meanwhile")
                    .hasSizeLessThan(2);

            slow.call.request(Integer.MAX_VALUE);
            await().atMost(Duration.ofSeconds(60)).until(() -> slow.tokens.size() == events);
            assertThat(slow.tokens).isSorted().doesNotHaveDuplicates();
        } finally {
            channel.shutdownNow();
        }
    }

    private static final class SlowReader implements ClientResponseObserver<GetEventsRequest, EventWithToken> {
        private final List<Long> tokens = new CopyOnWriteArrayList<>();
        private ClientCallStreamObserver<GetEventsRequest> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<GetEventsRequest> requests) {
            call = requests;
            requests.disableAutoRequestWithInitial(1);
        }

        @Override
        public void onNext(EventWithToken event) {
            tokens.add(event.getToken());
        }

        @Override
        public void onError(Throwable reason) {}

        @Override
        public void onCompleted() {}
    }
}
