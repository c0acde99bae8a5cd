package florin.eventstore.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StorageConfiguration;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventSchedulerGrpc;
import io.axoniq.axonserver.grpc.event.EventSchedulerGrpc.EventSchedulerBlockingStub;
import io.axoniq.axonserver.grpc.event.ScheduleEventRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine's clock is set while events wait for it. */
class EventSchedulerClockTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MOST = 10;
    private static final Instant NOW = Instant.parse("2030-01-01T12:00:00Z");

    @TempDir
    private Path data;

    private final SetClock clock = new SetClock();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private Contexts contexts;
    private volatile EventStorage storage;
    private Server server;
    private ManagedChannel channel;
    private EventSchedulerBlockingStub scheduler;

    @BeforeEach
    void start() throws Exception {
        start(timer);
    }

    private void start(ScheduledExecutorService waits) throws IOException {
        contexts = new Contexts(data, StorageConfiguration.DEFAULT);
        contexts.onOpen((name, opened) -> storage = opened);
        EventSchedulerRpc service = new EventSchedulerRpc(contexts, clock, waits, timer, MOST);
        contexts.open();
        server = NettyServerBuilder.forPort(0).addService(service).build().start();
        channel = NettyChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .build();
        scheduler = EventSchedulerGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() {
        stopServer();
        timer.shutdownNow();
    }

    private void stopServer() {
        channel.shutdownNow();
        server.shutdownNow();
        contexts.close();
    }

    @Test
    void whatIsDueWhenTheClockIsSetForwardIsPublished() {
        schedule(NOW.plus(Duration.ofHours(1)), "an hour");
        schedule(NOW.plus(Duration.ofHours(3)), "three hours");

        clock.now = NOW.plus(Duration.ofHours(2));

        await().atMost(PATIENCE).until(() -> published() == 1);
        clock.now = NOW.plus(Duration.ofHours(4));
        await().atMost(PATIENCE).until(() -> published() == 2);
        assertThat(contexts.get("default").schedules()).isEmpty();
    }

    @Test
    void whatWasScheduledByAWrongClockIsPublishedByTheRightOne() {
        clock.now = NOW.minus(Duration.ofHours(5));
        schedule(NOW, "now");

        clock.now = NOW;

        await().atMost(PATIENCE).until(() -> published() == 1);
    }

    @Test
    void whatIsPublishedWhileItsTimerIsStartedIsNotCountedAnyMore() throws Exception {
        for (int i = 0; i < MOST; i++) {
            schedule(NOW.plus(Duration.ofHours(1)), "an hour");
        }
        stopServer();
        clock.now = NOW.plus(Duration.ofHours(2));
        ScheduledExecutorService slow = new SlowTimer();
        start(slow);
        await().atMost(PATIENCE).until(() -> published() == MOST);
        for (int i = 0; i < MOST; i++) {
            schedule(NOW.plus(Duration.ofHours(3)), "three hours");
        }
        assertThat(storage.schedules()).hasSize(MOST);
        slow.shutdownNow();
    }

    /** Goes on only when what is due at once was published, and nobody does anything about it any more. */
    private final class SlowTimer extends ScheduledThreadPoolExecutor {
        SlowTimer() {
            super(2); // A look at the clock waits for whatever timer is being started.
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            long before = storage.lastIndex();
            ScheduledFuture<?> scheduled = super.schedule(task, delay, unit);
            if (delay == 0) {
                await().atMost(PATIENCE)
                        .until(() -> isHeldUp(writer()) || (storage.lastIndex() > before && !isBusy(writer())));
            }
            return scheduled;
        }

        private static boolean isBusy(Thread thread) {
            return thread.getState() == Thread.State.RUNNABLE;
        }

        /** By the timer that is being started, perhaps while it forgets the one before, so that it publishes nothing. */
        private static boolean isHeldUp(Thread thread) {
            return thread.getState() == Thread.State.BLOCKED;
        }

        private Thread writer() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("event-writer"))
                    .findAny()
                    .orElseThrow();
        }
    }

    private void schedule(Instant instant, String text) {
        var unused = scheduler.scheduleEvent(ScheduleEventRequest.newBuilder()
                .setInstant(instant.toEpochMilli())
                .setEvent(Event.newBuilder().setMessageIdentifier(text))
                .build());
    }

    private long published() {
        return contexts.get("default").lastIndex() + 1;
    }

    private static final class SetClock extends Clock {
        private volatile Instant now = NOW;

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
