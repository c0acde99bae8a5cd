package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.control.ProcessorInstructionHandler;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that connect and do not behave: what they can hold of the HTTP port, and for how long. */
class HttpLimitsTest {
    private static final int CONNECTIONS = 200;
    private static final String HEALTH = "GET /actuator/health HTTP/1.1\r\nHost: localhost\r\n";

    @TempDir
    private Path data;

    private final List<Socket> sockets = new ArrayList<>();
    private NodeFixture fixture;

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        if (fixture != null) {
            fixture.close();
        }
    }

    @Test
    void aConnectionTooManyIsClosedUntilAnotherOneEnds() throws Exception {
        fixture = new NodeFixture(data);
        for (int i = 0; i < CONNECTIONS; i++) {
            connect(HEALTH + "\r\n");
        }
        for (Socket socket : sockets) {
            assertThat(firstLine(socket)).isEqualTo("HTTP/1.1 200 OK");
        }
        assertThat(isClosed(connect(""))).isTrue();

        sockets.get(0).close();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> firstLine(connect(HEALTH + "\r\n")).equals("HTTP/1.1 200 OK"));
    }

    @Test
    void whoeverIsSlowIsClosedInTimeAndHoldsUpNobodyMeanwhile() throws Exception {
        fixture = new NodeFixture(data);
        for (int i = 0; i < CONNECTIONS / 3; i++) {
            connect("GET /actuator/he");
            connect("POST /v1/context HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n\r\n{\"con");
        }
        Socket silent = connect("");

        for (int i = 0; i < 10; i++) {
            long start = System.nanoTime();
            assertThat(firstLine(connect(HEALTH + "Connection: close\r\n\r\n"))).isEqualTo("HTTP/1.1 200 OK");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
        await().atMost(Duration.ofSeconds(20))
                .until(() -> sockets.subList(0, CONNECTIONS / 3 * 2).stream().allMatch(HttpLimitsTest::isClosed));
        await().atMost(Duration.ofSeconds(60)).until(() -> isClosed(silent));
    }

    @Test
    void whoeverIsSlowInTheHandshakeIsClosedInTime() throws Exception {
        Certificates server = Certificates.make(data, "server");
        fixture = new NodeFixture(NodeConfiguration.of(data.resolve("store"), 0, 0)
                .withAccess(
                        new Access(AccessControl.off(), Tls.read(server.certificate(), server.key(), null), false)));
        Socket socket = connect("\u0016");

        await().atMost(Duration.ofSeconds(20)).until(() -> isClosed(socket));
    }

    @Test
    void anAnswerThatTakesTooLongIsGivenUp() throws Exception {
        ServerProcess server = ServerProcess.start(data, "-Dsun.net.httpserver.maxRspTime=2");
        AxonServerConnectionFactory connector = server.connector();
        try {
            CountDownLatch asked = new CountDownLatch(1);
            connector
                    .connect("default")
                    .controlChannel()
                    .registerEventProcessor(
                            "slow",
                            () -> EventProcessorInfo.newBuilder()
                                    .setProcessorName("slow")
                                    .setTokenStoreIdentifier("store")
                                    .setIsStreamingProcessor(true)
                                    .build(),
                            new NeverDone(asked));
            String request = "PATCH /v1/components/process/processors/slow/pause?context=default"
                    + "&tokenStoreIdentifier=store HTTP/1.1\r\nHost: localhost\r\n\r\n";
            AtomicReference<String> answer = new AtomicReference<>();
            // It is unknown until its client has told of it.
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                Socket socket = connect(server.httpPort(), request);
                socket.setSoTimeout(20_000); // Less than the node itself waits for the processor.
                answer.set(firstLine(socket));
                return !answer.get().equals("HTTP/1.1 404 Not Found");
            });
            assertThat(answer).hasValue("");
            assertThat(asked.getCount()).isZero();
        } finally {
            connector.shutdown();
            server.kill();
        }
    }

    /** An event processor that does nothing that it is told. */
    private record NeverDone(CountDownLatch asked) implements ProcessorInstructionHandler {
        @Override
        public CompletableFuture<Boolean> releaseSegment(int segment) {
            return never();
        }

        @Override
        public CompletableFuture<Boolean> splitSegment(int segment) {
            return never();
        }

        @Override
        public CompletableFuture<Boolean> mergeSegment(int segment) {
            return never();
        }

        @Override
        public CompletableFuture<Void> pauseProcessor() {
            return never();
        }

        @Override
        public CompletableFuture<Void> startProcessor() {
            return never();
        }

        private <T> CompletableFuture<T> never() {
            asked.countDown();
            return new CompletableFuture<>();
        }
    }

    @Test
    void endlessRequestsAreCutOff() throws Exception {
        fixture = new NodeFixture(data);
        for (String endless : List.of(
                "GET /" + "a".repeat(1 << 20),
                HEALTH + "X: " + "a".repeat(1 << 20),
                HEALTH + "X: a\r\n".repeat(1 << 17))) {
            Socket socket = connect("");
            assertThat(writesUntilRefused(socket, endless)).isTrue();
        }
    }

    /** Whether the node stopped reading before the end of a text, by an answer, or by closing. */
    private static boolean writesUntilRefused(Socket socket, String text) throws IOException {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            String answer = firstLine(socket);
            return answer.isEmpty() || answer.startsWith("HTTP/1.1 4");
        } catch (SocketException e) {
            return true;
        }
    }

    private Socket connect(String text) throws IOException {
        return connect(fixture.node().httpPort(), text);
    }

    private Socket connect(int port, String text) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(socket);
        socket.setSoTimeout(5000);
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String firstLine(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        InputStream input = socket.getInputStream();
        for (int next = input.read(); next != -1 && next != '\r'; next = input.read()) {
            line.append((char) next);
        }
        return line.toString();
    }

    /** Whether the other side has closed; what it sent before does not count. */
    private static boolean isClosed(Socket socket) {
        try {
            socket.setSoTimeout(50);
            return socket.getInputStream().readAllBytes() != null;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
