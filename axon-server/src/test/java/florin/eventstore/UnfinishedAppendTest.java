package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that begin transactions and do not complete them: what the node keeps of all of them together is bounded. */
class UnfinishedAppendTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Two of them are below the bound of a process with 256 MiB of heap, three are not. */
    private static final int MEGABYTES = 15;

    @TempDir
    private Path data;

    private ServerProcess server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        server = ServerProcess.start(data);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow();
        server.kill();
    }

    @Test
    void oneMoreIsRefusedUntilAnotherIsGivenUpOrCompleted() throws Exception {
        Append givenUp = begin();
        Append completed = begin();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(begin().complete())
                .satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                .satisfies(status -> assertThat(status.getDescription()).contains("begun and not completed")));

        givenUp.events.cancel("given up", null);
        await().atMost(PATIENCE).until(() -> begin().complete().isOk());
        Append another = begin();
        assertThat(completed.complete().isOk()).isTrue();
        await().atMost(PATIENCE).until(() -> begin().complete().isOk());
        assertThat(another.complete().isOk()).isTrue();
    }

    @Test
    void theLargestTransactionIsTaken() throws Exception {
        Append append = open();
        for (int i = 0; i < 32_768; i++) {
            append.events.onNext(event("", 0, "x".repeat(900)));
        }
        assertThat(append.complete()).isEqualTo(Status.OK);
    }

    @Test
    void aTransactionOfOneEventOrOneByteTooManyIsRefused() throws Exception {
        Append events = open();
        for (int i = 0; i <= 32_768; i++) {
            events.events.onNext(event("", 0, "x"));
        }
        assertTooLarge(events.complete());
        Append bytes = open();
        for (int i = 0; i < 33; i++) {
            bytes.events.onNext(event("", 0, "x".repeat(1 << 20)));
        }
        assertTooLarge(bytes.complete());
    }

    private static void assertTooLarge(Status status) {
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription())
                .contains("AXONIQ-2001")
                .contains("a transaction may hold 32768 events and 33554432 bytes at most");
    }

    private Append open() {
        Append append = new Append();
        append.events = (ClientCallStreamObserver<Event>)
                EventStoreGrpc.newStub(channel).appendEvent(append);
        return append;
    }

    private Append begin() {
        Append append = open();
        for (int i = 0; i < MEGABYTES; i++) {
            append.events.onNext(event("", 0, "x".repeat(1_000_000)));
        }
        // All of it is on its way, before what is sent next.
        await().atMost(PATIENCE).until(() -> append.events.isReady() || append.ended.isDone());
        return append;
    }

    private static final class Append implements StreamObserver<Confirmation> {
        private final CompletableFuture<Status> ended = new CompletableFuture<>();
        private ClientCallStreamObserver<Event> events;

        Status complete() throws Exception {
            if (!ended.isDone()) {
                events.onCompleted();
            }
            return ended.get(30, TimeUnit.SECONDS);
        }

        @Override
        public void onNext(Confirmation confirmation) {}

        @Override
        public void onError(Throwable reason) {
            ended.complete(Status.fromThrowable(reason));
        }

        @Override
        public void onCompleted() {
            ended.complete(Status.OK);
        }
    }
}
