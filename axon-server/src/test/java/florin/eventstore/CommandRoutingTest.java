package florin.eventstore;

import static florin.eventstore.NodeFixture.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandRoutingTest {
    @TempDir
    private Path data;

    private NodeFixture fixture;
    private AxonServerConnection sender;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
        sender = fixture.connect("sender");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aCommandIsAnsweredByItsHandler() throws Exception {
        handle("handler", 100, command -> answer(command.getPayload().getData().toStringUtf8() + "!"));

        CommandResponse response = send(command("Greet", "key", "hello"));
        assertThat(response.getErrorCode()).isEmpty();
        assertThat(response.getPayload().getData().toStringUtf8()).isEqualTo("hello!");
    }

    @Test
    void aCommandThatNobodyHandlesIsRefusedAtOnce() throws Exception {
        CommandResponse response = send(command("Unknown", "key", ""));

        assertThat(response.getErrorCode()).isEqualTo("AXONIQ-4000");
        assertThat(response.getErrorMessage().getMessage()).contains("Unknown");
    }

    @Test
    void commandsWithOneKeyGoToOneHandler() throws Exception {
        Map<String, Set<String>> handlersByKey = new ConcurrentHashMap<>();
        for (String name : List.of("one", "two", "three")) {
            handle(name, 100, command -> {
                handlersByKey
                        .computeIfAbsent(
                                command.getPayload().getData().toStringUtf8(), key -> ConcurrentHashMap.newKeySet())
                        .add(name);
                return answer(name);
            });
        }
        List<CompletableFuture<CommandResponse>> sent = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            String key = "key " + i % 60;
            sent.add(sender.commandChannel().sendCommand(command("Greet", key, key)));
        }
        for (CompletableFuture<CommandResponse> response : sent) {
            assertThat(response.get(30, TimeUnit.SECONDS).getErrorCode()).isEmpty();
        }
        assertThat(handlersByKey).hasSize(60);
        assertThat(handlersByKey.values()).allMatch(handlers -> handlers.size() == 1);
        assertThat(handlersByKey.values().stream().flatMap(Set::stream).distinct())
                .hasSize(3);
    }

    @Test
    void aHandlerWithALargerLoadFactorGetsMore() throws Exception {
        Map<String, Integer> handled = new ConcurrentHashMap<>();
        handle("small", 50, command -> {
            handled.merge("small", 1, Integer::sum);
            return answer("");
        });
        handle("large", 200, command -> {
            handled.merge("large", 1, Integer::sum);
            return answer("");
        });
        for (int i = 0; i < 500; i++) {
            send(command("Greet", "key " + i, ""));
        }
        assertThat(handled.get("large")).isBetween(320, 470);
        assertThat(handled.get("small")).isBetween(30, 180);
    }

    @Test
    void aCommandInFlightFailsWhenItsHandlerDisconnects() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        AxonServerConnection handler = handle("handler", 100, command -> {
            arrived.countDown();
            return new CompletableFuture<>();
        });
        CompletableFuture<CommandResponse> response = sender.commandChannel().sendCommand(command("Greet", "key", ""));
        assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
        fixture.shutdownAbruptly(handler);

        assertThat(response.get(30, TimeUnit.SECONDS).getErrorCode()).isEqualTo("AXONIQ-4003");
        assertThat(send(command("Greet", "key", "")).getErrorCode()).isEqualTo("AXONIQ-4000");
    }

    @Test
    void aCommandWithoutAnswerEndsAtItsTimeout() throws Exception {
        handle("handler", 100, command -> new CompletableFuture<>());

        Command command = command("Greet", "key", "").toBuilder()
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.TIMEOUT)
                        .setValue(MetaDataValue.newBuilder().setNumberValue(200)))
                .build();
        CommandResponse response = send(command);
        assertThat(response.getErrorCode()).isEqualTo("AXONIQ-4003");
        assertThat(response.getErrorMessage().getMessage()).contains("200 ms");
    }

    @Test
    void moreCommandsThanPermitsAllArrive() throws Exception {
        handle("handler", 100, command -> CompletableFuture.supplyAsync(() -> CommandResponse.getDefaultInstance()));
        List<CompletableFuture<CommandResponse>> sent = new ArrayList<>();
        for (int i = 0; i < 9000; i++) {
            sent.add(sender.commandChannel().sendCommand(command("Greet", "key " + i, "")));
        }
        for (CompletableFuture<CommandResponse> response : sent) {
            assertThat(response.get(30, TimeUnit.SECONDS).getErrorCode()).isEmpty();
        }
    }

    @Test
    void handlersComeBackAfterTheNodeRestarts() throws Exception {
        int port = fixture.node().grpcPort();
        handle("handler", 100, command -> answer("here"));
        fixture.node().close();
        try (AxonServerNode again = AxonServerNode.start(NodeConfiguration.of(data, port, 0))) {
            await().atMost(30, TimeUnit.SECONDS).ignoreExceptions().untilAsserted(() -> assertThat(
                            again.grpcPort() == port
                                    ? send(command("Greet", "key", "")).getErrorCode()
                                    : "another port")
                    .isEmpty());
        }
    }

    private AxonServerConnection handle(
            String component, int loadFactor, Function<Command, CompletableFuture<CommandResponse>> handler)
            throws Exception {
        AxonServerConnection connection = fixture.connect(component);
        connection
                .commandChannel()
                .registerCommandHandler(handler, loadFactor, "Greet")
                .awaitAck(30, TimeUnit.SECONDS);
        return connection;
    }

    private CommandResponse send(Command command) throws Exception {
        return sender.commandChannel().sendCommand(command).get(30, TimeUnit.SECONDS);
    }

    private static CompletableFuture<CommandResponse> answer(String text) {
        return CompletableFuture.completedFuture(
                CommandResponse.newBuilder().setPayload(payload(text)).build());
    }

    private static Command command(String name, String routingKey, String text) {
        return Command.newBuilder()
                .setName(name)
                .setPayload(payload(text))
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.ROUTING_KEY)
                        .setValue(MetaDataValue.newBuilder().setTextValue(routingKey)))
                .build();
    }
}
