package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.control.ClientIdentification;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path data;

    private NodeFixture fixture;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(NodeConfiguration.of(data, 0, 0).withDevelopmentMode(true));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void healthVersionAndTheNodeItselfAreAnswered() throws Exception {
        assertThat(get("/actuator/health").body()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(object(get("/actuator/info"))
                        .getAsJsonObject("app")
                        .get("version")
                        .getAsString())
                .isNotEmpty();
        JsonObject me = object(get("/v1/public/me"));
        assertThat(me.get("grpcPort").getAsInt()).isEqualTo(fixture.node().grpcPort());
        assertThat(me.get("authentication").getAsBoolean()).isFalse();
        assertThat(me.getAsJsonArray("contextNames").get(0).getAsString()).isEqualTo("default");
        JsonArray contexts =
                JsonParser.parseString(get("/v1/public/context").body()).getAsJsonArray();
        JsonObject context = contexts.get(0).getAsJsonObject();
        assertThat(context.get("context").getAsString()).isEqualTo("default");
        assertThat(context.get("leader").getAsString()).isEqualTo(me.get("name").getAsString());
    }

    @Test
    void aProbeGetsTheHeadOfTheAnswerOnly() throws Exception {
        HttpResponse<String> health = fixture.http("HEAD", "/actuator/health", "");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.headers().firstValueAsLong("Content-Length"))
                .hasValue(get("/actuator/health").body().length());
        assertThat(health.body()).isEmpty();
        assertThat(fixture.http("HEAD", "/nothing/here", "").statusCode()).isEqualTo(404);
        assertThat(fixture.http("HEAD", "/v1/context", "").statusCode()).isEqualTo(405);
    }

    @Test
    void figuresAreInPrometheusFormat() throws Exception {
        AxonServerConnection client = fixture.connect("client");
        client.commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()),
                        100,
                        "Greet")
                .awaitAck(30, TimeUnit.SECONDS);
        client.commandChannel()
                .sendCommand(io.axoniq.axonserver.grpc.command.Command.newBuilder()
                        .setName("Greet")
                        .build())
                .get(30, TimeUnit.SECONDS);
        append(client, event("a", 0, "one"), event("a", 1, "two"));

        HttpResponse<String> response = get("/actuator/prometheus");
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
        assertThat(response.body().lines())
                .allMatch(line -> line.startsWith("# ") || line.matches("[a-z_]+(\\{context=\"[^\"]+\"})? -?\\d+"))
                .contains(
                        "axon_commands_throughput_count 1",
                        "axon_queries_throughput_count 0",
                        "axon_commands_saturation_queued_count 0",
                        "axon_clients_connected_count 1",
                        "axon_events_count{context=\"default\"} 2",
                        "axon_last_token{context=\"default\"} 1",
                        "axon_appends_queued_count{context=\"default\"} 0",
                        "axon_context_up{context=\"default\"} 1");
    }

    @Test
    void aContextIsCreatedUsedAndDeletedWithAllItHolds() throws Exception {
        assertThat(post("/v1/context", "{\"context\":\"orders\",\"replicationGroup\":\"orders\"}")
                        .statusCode())
                .isEqualTo(202);
        assertThat(post("/v1/context", "{\"context\":\"orders\"}").statusCode()).isEqualTo(409);
        AxonServerConnection client = fixture.connect("client", "id", "orders");
        append(client, event("a", 0, "one"));
        assertThat(data.resolve("contexts/orders")).isDirectory();

        assertThat(fixture.http("DELETE", "/v1/context/orders", "").statusCode())
                .isEqualTo(202);
        assertThat(data.resolve("contexts/orders")).doesNotExist();
        assertThat(get("/v1/public/context").body()).doesNotContain("orders");
        assertThat(fixture.http("DELETE", "/v1/context/orders", "").statusCode())
                .isEqualTo(404);
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            append(client, event("a", 0, "again"));
            assertThat(client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                    .isZero();
        });
    }

    @Test
    void clientsOfADeletedContextAreAskedToReconnectAndOthersAreNot() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> other = new CompletableFuture<>();
        for (String context : new String[] {"orders", "default"}) {
            AxonServerConnection client = fixture.connect("client", "client-" + context, context);
            client.controlChannel()
                    .registerInstructionHandler(
                            PlatformOutboundInstruction.RequestCase.REQUEST_RECONNECT,
                            (instruction, reply) -> (context.equals("orders") ? asked : other).complete(null));
        }
        await().atMost(PATIENCE)
                .until(() -> get("/actuator/prometheus").body().contains("axon_clients_connected_count 2"));

        assertThat(fixture.http("DELETE", "/v1/context/orders", "").statusCode())
                .isEqualTo(202);
        asked.get(30, TimeUnit.SECONDS);
        assertThat(other).isNotDone();
    }

    @Test
    void aContextIsInitialisedAsOftenAsOneLikes() throws Exception {
        assertThat(post("/v1/context/init?context=first", "").statusCode()).isEqualTo(202);
        assertThat(post("/v1/context/init?context=first", "").statusCode()).isEqualTo(202);
        assertThat(post("/v1/context/init", "").statusCode()).isEqualTo(202);
        assertThat(get("/v1/public/context").body()).contains("\"first\"", "\"default\"");
    }

    /** Which Axon Framework's own containers for tests call; the class is not public. */
    @Test
    void axonFrameworksUtilityForTestsInitialisesTheNode() throws Exception {
        Method init = Class.forName("org.axonframework.test.server.AxonServerContainerUtils")
                .getDeclaredMethod("initCluster", String.class, int.class, boolean.class);
        init.setAccessible(true);

        init.invoke(null, "localhost", fixture.node().httpPort(), false);

        assertThat(get("/v1/public/context").body()).contains("\"_admin\"", "\"default\"");
        init.invoke(null, "localhost", fixture.node().httpPort(), true);
    }

    /** What that utility does in other versions to purge a context: they wait until it is gone, and there again. */
    @Test
    void inDevelopmentModeTheDefaultContextIsDeletedAndMadeAnew() throws Exception {
        AxonServerConnection client = fixture.connect("client");
        append(client, event("a", 0, "one"));
        client.disconnect();

        assertThat(fixture.http("DELETE", "/v1/context/default", "").statusCode())
                .isEqualTo(202);

        assertThat(get("/v1/public/context").body()).doesNotContain("\"default\"");
        assertThat(post(
                                "/v1/context",
                                "{\"context\": \"default\", \"replicationGroup\": \"default\","
                                        + " \"roles\": [{ \"node\": \"axonserver\", \"role\": \"PRIMARY\" }]}")
                        .statusCode())
                .isEqualTo(202);
        assertThat(get("/v1/public/context").body()).contains("\"default\"");
        assertThat(fixture.connect("client").eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isEqualTo(-1);
    }

    @Test
    void aPurgeLeavesAnEmptyStoreAndClientsComeBack() throws Exception {
        AxonServerConnection client = fixture.connect("client");
        append(client, event("a", 0, "one"), event("a", 1, "two"));
        EventStream stream = client.eventChannel().openStream(-1, 10);
        assertThat(stream.nextIfAvailable(30, TimeUnit.SECONDS)).isNotNull();

        assertThat(fixture.http("DELETE", "/v1/devmode/purge-events", "").statusCode())
                .isEqualTo(200);

        await().atMost(PATIENCE).until(() -> {
            stream.nextIfAvailable();
            return stream.isClosed();
        });
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(
                        client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isEqualTo(-1));
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            append(client, event("a", 0, "first again"));
            assertThat(client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                    .isZero();
        });
        assertThat(data.resolve("deleted")).isEmptyDirectory();
    }

    @Test
    void nothingIsPurgedOutsideOfDevelopmentMode(@TempDir Path other) throws Exception {
        try (NodeFixture production = new NodeFixture(other)) {
            AxonServerConnection client = production.connect("client");
            append(client, event("a", 0, "one"));
            assertProblem(production.http("DELETE", "/v1/devmode/purge-events", ""), 403, "--devmode");
            assertProblem(production.http("DELETE", "/v1/context/default", ""), 400, "--devmode");
            assertThat(client.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                    .isZero();
        }
    }

    @Test
    void webPagesAreRefused() throws Exception {
        for (String origin : new String[] {"http://evil.example", "null", ""}) {
            assertProblem(
                    fixture.http("POST", "/v1/context", "{\"context\":\"orders\"}", "Origin", origin),
                    403,
                    "web pages");
        }
        assertThat(data.resolve("contexts/orders")).doesNotExist();
        for (String host : new String[] {"evil.example:8024", "localhost.evil.example", "127.0.0.1.evil.example:80"}) {
            assertThat(statusOfDeletion(host)).startsWith("HTTP/1.1 403 ");
        }
        for (String host : new String[] {"localhost:8024", "LocalHost", "127.0.0.1:8024", "[::1]:8024", "10.1.2.3"}) {
            assertThat(statusOfDeletion(host)).startsWith("HTTP/1.1 404 ");
        }
    }

    /** The first line of the answer; the client of the JDK does not let one say another host. */
    private String statusOfDeletion(String host) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), fixture.node().httpPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write(("DELETE /v1/context/none HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        }
    }

    @Test
    void badRequestsAreProblems() throws Exception {
        assertProblem(post("/v1/context", "{"), 400, "not JSON");
        assertProblem(post("/v1/context", "[]"), 400, "a text context");
        assertProblem(post("/v1/context", "{\"context\":7}"), 400, "a text context");
        assertProblem(post("/v1/context", "{\"context\":\"../escape\"}"), 400, "not a context name");
        assertProblem(post("/v1/context", "x".repeat(70_000)), 400, "65536 bytes at most");
        assertProblem(get("/nothing/here"), 404, "nothing at this path");
        assertProblem(get("/actuator/healthy"), 404, "nothing at this path");
        HttpResponse<String> wrongMethod = fixture.http("PUT", "/v1/context", "");
        assertProblem(wrongMethod, 405, "POST");
        assertThat(wrongMethod.headers().firstValue("Allow")).contains("POST");
        assertThat(data.resolve("escape")).doesNotExist();
    }

    @Test
    void anInstructionThatAClientDoesNotAnswerInTimeIsAProblem(@TempDir Path other) throws Exception {
        String processors = "/v1/components/component/processors";
        try (NodeFixture impatient =
                new NodeFixture(NodeConfiguration.of(other, 0, 0).withInstructionTimeout(Duration.ofSeconds(1)))) {
            ManagedChannel channel = NettyChannelBuilder.forAddress(
                            "127.0.0.1", impatient.node().grpcPort())
                    .usePlaintext()
                    .build();
            try {
                StreamObserver<PlatformInboundInstruction> silent =
                        PlatformServiceGrpc.newStub(channel).openStream(new Observer<>(message -> {}));
                silent.onNext(PlatformInboundInstruction.newBuilder()
                        .setRegister(ClientIdentification.newBuilder()
                                .setClientId("silent")
                                .setComponentName("component"))
                        .build());
                silent.onNext(PlatformInboundInstruction.newBuilder()
                        .setEventProcessorInfo(EventProcessorInfo.newBuilder().setProcessorName("projection"))
                        .build());
                await().atMost(PATIENCE)
                        .until(() ->
                                impatient.http("GET", processors, "").body().contains("projection"));

                assertProblem(
                        impatient.http("PATCH", processors + "/projection/pause", ""),
                        504,
                        "client silent did not answer the instruction within 1 s");
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void whatThisServerDoesNotHaveIsSaidInASentence() {
        AxonServerConnection client = fixture.connect("client");
        assertThatThrownBy(() -> client.adminChannel().getAllUsers().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("users are not here");
        assertThatThrownBy(() -> client.adminChannel().getAllApplications().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("the configuration file lists them");
        assertThatThrownBy(() -> client.adminChannel().getAllContexts().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("use /v1/context over HTTP");
        assertThatThrownBy(() -> client.adminChannel().getAllNodes().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("this server is one node");
        assertThatThrownBy(() ->
                        client.eventTransformationChannel().transformations().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("stored events never change");
        assertThatThrownBy(() -> client.dcbEventChannel().head().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("the dynamic consistency boundary is not here");
        assertThatThrownBy(() -> client.eventChannel().queryEvents("", false).next())
                .hasStackTraceContaining("queries on the event store are not here");
    }

    private HttpResponse<String> get(String path) throws Exception {
        return fixture.http("GET", path, "");
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return fixture.http("POST", path, body);
    }

    private static JsonObject object(HttpResponse<String> response) {
        return JsonParser.parseString(response.body()).getAsJsonObject();
    }

    private static void assertProblem(HttpResponse<String> response, int status, String detail) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(object(response).get("status").getAsInt()).isEqualTo(status);
        assertThat(object(response).get("detail").getAsString()).contains(detail);
    }
}
