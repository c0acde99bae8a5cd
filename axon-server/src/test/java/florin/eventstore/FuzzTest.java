package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.security.AccessControl;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever comes in, the node lives on and serves others. */
class FuzzTest {
    private static final String[] TEXTS = {
        "", "a", "default", "\0", "../../etc", "ä€😀", "SequentialPolicy", "x".repeat(5000), "-1", "{}", "default/x"
    };
    private static final long[] NUMBERS = {
        0, 1, -1, 2, 63, 64, -45, -99, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private final Random random = new Random(20_261_124);

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
    void randomBytesAtThePorts() throws Exception {
        byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 100; i++) {
            byte[] noise = new byte[random.nextInt(4000)];
            random.nextBytes(noise);
            for (int port : new int[] {fixture.node().grpcPort(), fixture.node().httpPort()}) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    if (i % 2 == 0) {
                        socket.getOutputStream().write(preface);
                    }
                    socket.getOutputStream().write(noise);
                    socket.getOutputStream().flush();
                } catch (IOException e) {
                    // the node hung up, which is its right
                }
            }
        }
        assertServes();
    }

    @Test
    void randomMessagesAtEachMethod() throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        "127.0.0.1", fixture.node().grpcPort())
                .usePlaintext()
                .build();
        try {
            for (int round = 0; round < 8; round++) {
                boolean noise = round % 4 == 0;
                Map<String, CompletableFuture<Status>> ends = new HashMap<>();
                for (ServiceDescriptor service : ApiServices.all()) {
                    for (MethodDescriptor<?, ?> method : service.getMethods()) {
                        List<byte[]> messages = new ArrayList<>();
                        int count = method.getType().clientSendsOneMessage() ? 1 : 1 + random.nextInt(5);
                        for (int i = 0; i < count; i++) {
                            messages.add(noise ? noise() : randomMessage(method));
                        }
                        ends.put(method.getFullMethodName(), ApiServices.call(channel, method, messages, 1));
                    }
                }
                for (Map.Entry<String, CompletableFuture<Status>> end : ends.entrySet()) {
                    Status status = end.getValue().get(60, TimeUnit.SECONDS);
                    if (!noise) {
                        // What cannot be parsed is gRPC's own affair; what can be is never answered with a bare
                        // failure.
                        assertThat(status.getCode()).as(end.getKey()).isNotEqualTo(Status.Code.UNKNOWN);
                    }
                }
            }
        } finally {
            channel.shutdownNow();
        }
        assertServes();
    }

    @Test
    void absurdTokensNamesAndLengths(@TempDir Path other) throws Exception {
        AccessControl control = AccessControl.of(Map.of(
                "application.a.token", "0123456789abcdef",
                "application.a.roles", "ADMIN@*,USE_CONTEXT@*"));
        try (NodeFixture guarded =
                new NodeFixture(NodeConfiguration.of(other, 0, 0).withAccess(new Access(control, null, false)))) {
            for (String token : List.of("", " ", "0123456789abcdeg", "x".repeat(5000), "%00%ff", "a b c")) {
                assertThat(guarded.http("GET", "/v1/public/me", "", AccessControl.HEADER, token)
                                .statusCode())
                        .isEqualTo(401);
            }
            assertThat(guarded.http("GET", "/v1/public/me", "", AccessControl.HEADER, "0123456789abcdef")
                            .statusCode())
                    .isEqualTo(200);
        }
        for (String path : List.of(
                "/%00",
                "/v1/context/%2e%2e%2f", "/v1/context/" + "x".repeat(3000), "/?" + "a=b&".repeat(700), "/%ff")) {
            assertThat(fixture.http("DELETE", path, "").statusCode()).isBetween(400, 499);
        }
        for (String context : List.of("../x", "x".repeat(65), "a/b", ".", "")) {
            assertThat(fixture.http("POST", "/v1/context", "{\"context\":\"" + context + "\"}")
                            .statusCode())
                    .isEqualTo(400);
        }
        assertThat(data.resolve("contexts").toFile().list()).containsExactly("default");
        assertServes();
    }

    private void assertServes() throws Exception {
        AxonServerConnection client = fixture.connect("survivor");
        append(client, event("survivor", 0, "one"));
        assertThat(read(client.eventChannel().openAggregateStream("survivor"))).hasSize(1);
        client.commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()), 100, "Live")
                .awaitAck(30, TimeUnit.SECONDS);
        assertThat(client.commandChannel()
                        .sendCommand(Command.newBuilder().setName("Live").build())
                        .get(30, TimeUnit.SECONDS)
                        .getErrorCode())
                .isEmpty();
        assertThat(fixture.http("GET", "/actuator/health", "").statusCode()).isEqualTo(200);
    }

    private byte[] noise() {
        byte[] noise = new byte[random.nextInt(500)];
        random.nextBytes(noise);
        return noise;
    }

    private byte[] randomMessage(MethodDescriptor<?, ?> method) {
        if (method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier supplier) {
            return randomMessage(supplier.getMethodDescriptor().getInputType(), 0)
                    .toByteArray();
        }
        throw new IllegalStateException("no descriptor of " + method.getFullMethodName());
    }

    private Message randomMessage(Descriptor type, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            if (random.nextInt(4) == 0 || (depth > 4 && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)) {
                continue;
            }
            if (field.isRepeated()) {
                for (int i = random.nextInt(3); i > 0; i--) {
                    message.addRepeatedField(field, randomValue(field, depth));
                }
            } else {
                message.setField(field, randomValue(field, depth));
            }
        }
        return message.build();
    }

    private Object randomValue(FieldDescriptor field, int depth) {
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        return switch (field.getJavaType()) {
            case INT -> (int) number;
            case LONG -> number;
            case FLOAT -> (float) number;
            case DOUBLE -> number % 3 == 0 ? Double.NaN : (double) number;
            case BOOLEAN -> random.nextBoolean();
            case STRING -> TEXTS[random.nextInt(TEXTS.length)];
            case BYTE_STRING -> ByteString.copyFrom(noise());
            case ENUM -> field.getEnumType().getValues().get(0);
            case MESSAGE -> randomMessage(field.getMessageType(), depth + 1);
        };
    }
}
