package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import florin.eventstore.platform.Clients;
import florin.eventstore.protocol.Recorder;
import florin.eventstore.rpc.EventSchedulerRpc;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.NewEvent;
import florin.eventstore.storage.Schedule;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.streams.PersistentStreamRpc;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.Open;
import io.axoniq.axonserver.grpc.streams.ProgressAcknowledgement;
import io.axoniq.axonserver.grpc.streams.Requests;
import io.axoniq.axonserver.grpc.streams.StreamRequest;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** That the disk is full is told once or seldom, not for each of those who meet it: the log may be on the same disk. */
class HinderedWritesLogTest {
    private static final int MANY = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final StorageConfiguration FULL = StorageConfiguration.DEFAULT.withMinFreeBytes(Long.MAX_VALUE);

    @TempDir
    private Path data;

    private final Logger logger = (Logger) LoggerFactory.getLogger("florin.eventstore");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(4);

    @BeforeEach
    void start() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        logger.detachAppender(log);
    }

    @Test
    void ofEventsThatAreDue() throws Exception {
        try (Contexts contexts = new Contexts(data, StorageConfiguration.DEFAULT)) {
            contexts.open();
            for (int number = 0; number < MANY; number++) {
                Schedule due = new Schedule("token " + number, 1, Event.getDefaultInstance());
                assertThat(contexts.get("default")
                                .schedule(due, null)
                                .toCompletableFuture()
                                .get(30, TimeUnit.SECONDS))
                        .isNotNull();
            }
        }
        try (Contexts contexts = new Contexts(data, FULL)) {
            EventSchedulerRpc unused = new EventSchedulerRpc(contexts, Clock.systemUTC(), threads, threads, MANY);
            contexts.open();
            long before = threads.getCompletedTaskCount();
            await().atMost(PATIENCE).until(() -> threads.getCompletedTaskCount() > before + 3 * MANY);

            assertThat(warnings("tried again")).hasSize(1);
        }
    }

    @Test
    void ofProgressOfPersistentStreams() throws Exception {
        Recorder<StreamSignal> client = new Recorder<>();
        try (Contexts contexts = new Contexts(data, StorageConfiguration.DEFAULT)) {
            PersistentStreamRpc service = new PersistentStreamRpc(contexts, new Clients(), threads, threads);
            contexts.open();
            service.openStream(client).onNext(open());
            EventStorage storage = contexts.get("default");
            assertThat(storage.append(Collections.nCopies(MANY, NewEvent.of(Event.getDefaultInstance())))
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS))
                    .isEqualTo(MANY - 1);
        }
        try (Contexts contexts = new Contexts(data, FULL)) {
            PersistentStreamRpc service = new PersistentStreamRpc(contexts, new Clients(), threads, threads);
            contexts.open();
            StreamObserver<StreamRequest> requests = service.openStream(client);
            requests.onNext(open());
            requests.onNext(StreamRequest.newBuilder()
                    .setRequests(Requests.newBuilder().setRequests(MANY))
                    .build());
            await().atMost(PATIENCE)
                    .until(() ->
                            client.seen.stream().filter(StreamSignal::hasEvent).count() == MANY);
            for (int position = 0; position < MANY; position++) {
                requests.onNext(StreamRequest.newBuilder()
                        .setAcknowledgeProgress(
                                ProgressAcknowledgement.newBuilder().setPosition(position))
                        .build());
            }
            await().atMost(PATIENCE).until(() -> contexts.get("default").waitingWrites() == 0);
        }
        assertThat(warnings("was not kept")).isEmpty();
        assertThat(warnings("the disk is full")).hasSize(1);
    }

    private List<String> warnings(String part) {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .map(ILoggingEvent::getFormattedMessage)
                .filter(message -> message.contains(part))
                .toList();
    }

    private static StreamRequest open() {
        return StreamRequest.newBuilder()
                .setOpen(Open.newBuilder()
                        .setStreamId("stream")
                        .setClientId("client")
                        .setInitializationProperties(
                                InitializationProperties.newBuilder().setSegments(1)))
                .build();
    }
}
