package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.security.AccessControl;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessControlTest {
    private static final String ORDERS = "token-of-the-orders-service";
    private static final String READER = "token-of-someone-who-reads";
    private static final String WRITER = "token-of-someone-who-writes";
    private static final String OPERATOR = "token-of-the-operator-herself";

    @TempDir
    private Path data;

    private NodeFixture fixture;

    @BeforeEach
    void start() {
        AccessControl control = AccessControl.of(Map.of(
                "application.orders.token",
                ORDERS,
                "application.orders.roles",
                "USE_CONTEXT@default, USE_CONTEXT@orders",
                "application.reader.token",
                READER,
                "application.reader.roles",
                "READ_EVENTS@default",
                "application.writer.token",
                WRITER,
                "application.writer.roles",
                "PUBLISH_EVENTS@default",
                "application.operator.token",
                OPERATOR,
                "application.operator.roles",
                "ADMIN@*,MONITOR@*"));
        fixture = new NodeFixture(NodeConfiguration.of(data, 0, 0).withAccess(new Access(control, null, false)));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aTokenWithTheRoleForAContextOpensItAndNoOther() throws Exception {
        AxonServerConnection orders = connect(ORDERS, "orders");
        append(orders, event("a", 0, "one"));
        assertThat(read(orders.eventChannel().openAggregateStream("a"))).hasSize(1);
        orders.commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()),
                        100,
                        "Greet")
                .awaitAck(30, TimeUnit.SECONDS);
        orders.queryChannel()
                .registerQueryHandler((query, response) -> response.complete(), new QueryDefinition("Find", "text"))
                .awaitAck(30, TimeUnit.SECONDS);
        assertThat(orders.commandChannel()
                        .sendCommand(Command.newBuilder().setName("Greet").build())
                        .get(30, TimeUnit.SECONDS)
                        .getErrorCode())
                .isEmpty();

        assertThatThrownBy(() -> append(connect(ORDERS, "billing"), event("a", 0, "one")))
                .hasMessageContaining("no role for this in context billing");
        assertThat(data.resolve("contexts/billing")).doesNotExist();
    }

    @Test
    void whoMayReadMayNotWriteOrSend() throws Exception {
        append(connect(ORDERS, "default"), event("a", 0, "one"));
        AxonServerConnection reader = connect(READER, "default");
        assertThat(reader.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .isZero();
        assertThatThrownBy(() -> append(reader, event("a", 1, "two"))).hasMessageContaining("PUBLISH_EVENTS");
        assertThatThrownBy(() -> reader.commandChannel()
                        .sendCommand(Command.getDefaultInstance())
                        .get(30, TimeUnit.SECONDS))
                .hasStackTraceContaining("DISPATCH_COMMANDS");
        assertThatThrownBy(() -> reader.adminChannel()
                        .pauseEventProcessor("projection", "store")
                        .get(30, TimeUnit.SECONDS))
                .hasMessageContaining("CONTEXT_ADMIN");
        assertThatThrownBy(() -> reader.dcbEventChannel().head().get(30, TimeUnit.SECONDS))
                .as("what nobody may, for it is not here")
                .hasMessageContaining("UNIMPLEMENTED")
                .hasMessageContaining("the dynamic consistency boundary is not here");
    }

    @Test
    void whoMayReadMayMakePersistentStreamsAndNotChangeThem() throws Exception {
        EventChannel reader = connect(READER, "default").eventChannel();
        reader.createPersistentStream(
                        "stream",
                        new PersistentStreamProperties("stream", 1, "SequentialPolicy", List.of(), "TAIL", ""))
                .get(30, TimeUnit.SECONDS);
        assertThat(reader.persistentStreams().get(30, TimeUnit.SECONDS)).hasSize(1);

        assertThatThrownBy(() -> reader.setPersistentStreamSegments("stream", 2).get(30, TimeUnit.SECONDS))
                .hasMessageContaining("CONTEXT_ADMIN");
        assertThatThrownBy(() -> reader.resetPersistentStreamAtHead("stream").get(30, TimeUnit.SECONDS))
                .hasMessageContaining("CONTEXT_ADMIN");
        assertThatThrownBy(() -> reader.deletePersistentStream("stream").get(30, TimeUnit.SECONDS))
                .hasMessageContaining("CONTEXT_ADMIN");
        connect(OPERATOR, "default")
                .eventChannel()
                .deletePersistentStream("stream")
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void whoMayAppendMayLoadAggregatesAndNothingElse() throws Exception {
        AxonServerConnection writer = connect(WRITER, "default");
        append(writer, event("a", 0, "one"), event("a", 1, "two"));
        writer.eventChannel().appendSnapshot(event("a", 0, "snapshot")).get(30, TimeUnit.SECONDS);

        assertThat(read(writer.eventChannel().openAggregateStream("a"))).hasSize(2);
        assertThat(read(writer.eventChannel().loadSnapshots("a", 0, 10))).hasSize(1);
        assertThat(writer.eventChannel().findHighestSequence("a").get(30, TimeUnit.SECONDS))
                .isEqualTo(1);
        assertThatThrownBy(() -> writer.eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                .hasMessageContaining("READ_EVENTS");
    }

    @Test
    void aMissingAndAnUnknownTokenAreToldApart() {
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        "127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
        try {
            assertThatThrownBy(() -> EventStoreGrpc.newBlockingStub(channel)
                            .getLastToken(GetLastTokenRequest.getDefaultInstance()))
                    .satisfies(thrown -> assertRefused(thrown, Status.Code.UNAUTHENTICATED, "AXONIQ-1000"));
            Metadata headers = new Metadata();
            headers.put(Metadata.Key.of(AccessControl.HEADER, Metadata.ASCII_STRING_MARSHALLER), ORDERS + "x");
            var stub = CommandServiceGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
            assertThatThrownBy(() -> stub.dispatch(Command.getDefaultInstance()))
                    .satisfies(thrown -> assertRefused(thrown, Status.Code.UNAUTHENTICATED, "AXONIQ-1001"));
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void theHttpSideAsksForTheTokenTooExceptForItsHealth() throws Exception {
        assertThat(status("GET", "/actuator/health", null)).isEqualTo(200);
        assertThat(status("GET", "/actuator/info", null)).isEqualTo(200);
        for (String path : new String[] {"/actuator/prometheus", "/v1/public/me", "/v1/public/context"}) {
            assertThat(status("GET", path, null)).isEqualTo(401);
            assertThat(status("GET", path, "somebody-else-altogether")).isEqualTo(401);
            assertThat(status("GET", path, OPERATOR)).isEqualTo(200);
        }
        assertThat(status("GET", "/actuator/prometheus", ORDERS)).isEqualTo(403);
        assertThat(status("POST", "/v1/context/init?context=orders", ORDERS)).isEqualTo(403);
        assertThat(status("POST", "/v1/context/init?context=orders", OPERATOR)).isEqualTo(202);
        assertThat(status("PATCH", "/v1/components/a/processors/b/pause", ORDERS))
                .isEqualTo(403);
        assertThat(status("PATCH", "/v1/components/a/processors/b/pause", OPERATOR))
                .isEqualTo(404);
        assertThat(fixture.http("GET", "/v1/public/context", "", AccessControl.HEADER, READER)
                        .body())
                .contains("default")
                .doesNotContain("\"orders\"");
    }

    @Test
    void settingsThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> AccessControl.of(Map.of("application.a.token", "0123456789abcdef")))
                .hasMessageContaining("both a token and roles");
        assertThatThrownBy(() ->
                        AccessControl.of(Map.of("application.a.token", "short", "application.a.roles", "ADMIN@*")))
                .hasMessageContaining("16 to 4096 characters");
        assertThatThrownBy(() -> AccessControl.of(Map.of(
                        "application.a.token",
                        "0123456789abcdef",
                        "application.a.roles",
                        "READ_EVENTS@default",
                        "application.b.token",
                        "0123456789abcdef",
                        "application.b.roles",
                        "ADMIN@*")))
                .hasMessageContaining("a and b have the same token");
        assertThatThrownBy(() -> AccessControl.of(
                        Map.of("application.a.token", "0123456789abcdef", "application.a.roles", "KING@*")))
                .hasMessageContaining("unknown role KING");
        assertThatThrownBy(() -> AccessControl.of(
                        Map.of("application.a.token", "0123456789abcdef", "application.a.roles", "ADMIN")))
                .hasMessageContaining("USE_CONTEXT@default");
        assertThatThrownBy(() -> AccessControl.of(Map.of("application.a.colour", "red")))
                .hasMessageContaining("unknown setting");
    }

    private AxonServerConnection connect(String token, String context) {
        return fixture.connect("client", "client-" + context, context, builder -> builder.token(token));
    }

    private int status(String method, String path, String token) throws Exception {
        return (token == null
                        ? fixture.http(method, path, "")
                        : fixture.http(method, path, "", AccessControl.HEADER, token))
                .statusCode();
    }

    private static void assertRefused(Throwable thrown, Status.Code code, String axonCode) {
        assertThat(thrown).isInstanceOfSatisfying(StatusRuntimeException.class, refused -> {
            assertThat(refused.getStatus().getCode()).isEqualTo(code);
            assertThat(refused.getTrailers().get(Metadata.Key.of("AxonIQ-ErrorCode", Metadata.ASCII_STRING_MARSHALLER)))
                    .isEqualTo(axonCode);
        });
    }
}
