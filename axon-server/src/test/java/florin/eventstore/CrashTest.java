package florin.eventstore;

import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.eventstore.storage.StorageResources;
import florin.eventstore.storage.Verification;
import florin.eventstore.streams.PersistentStreamRpc;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.AppendEventsTransaction;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the real process at random moments under load, and compares what the next one serves with what was acknowledged.
 * All runs share one folder, so later ones crash a store with history; {@code -Pcrash} makes them 200.
 */
class CrashTest {
    private static final int CRASHES = Integer.getInteger("florin.crashes", 10);
    private static final long SEED = Long.getLong("florin.crashes.seed", System.nanoTime());
    private static final int CRASHES_AT_FIRST_START = Math.min(CRASHES / 2, 30);
    private static final int WRITERS = 4;
    private static final int CHECKED_AGAIN = 30;
    private static final String LONG = "long";

    @TempDir
    private Path data;

    /** What the writers were told, by aggregate: the identifiers of its events in order. */
    private final Map<String, List<String>> acknowledged = new ConcurrentHashMap<>();

    private final Map<String, String> snapshots = new ConcurrentHashMap<>();
    private final Map<String, String> schedules = new ConcurrentHashMap<>();
    private final AtomicInteger aggregates = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();

    /** How many lives wrote their log over an older one. */
    private int usedAgain;

    /** What the tracking stream has shown so far; what it showed once must never change. */
    private final List<String> stream = new ArrayList<>();

    private final Map<String, List<String>> byAggregate = new HashMap<>();
    private final Set<String> published = ConcurrentHashMap.newKeySet();

    @Test
    void everythingAcknowledgedIsThereOnceAfterAKill() throws Exception {
        Random random = new Random(SEED);
        for (int crash = 0; crash <= CRASHES; crash++) {
            // Small buffers, so that within each life tables are written and logs are used again.
            ServerProcess server = ServerProcess.start(data, "--write-buffer-bytes", "65536");
            try {
                compare(server, crash == CRASHES);
                if (crash < CRASHES) {
                    killUnderLoad(server, random, crash == CRASHES - 1);
                }
            } catch (AssertionError e) {
                throw new AssertionError("crash " + crash + " of seed " + SEED, e);
            } finally {
                server.kill();
            }
        }
        try (StorageResources resources = new StorageResources(data.resolve("native"))) {
            assertThat(Verification.of(store(), resources, PersistentStreamRpc::check)
                            .events())
                    .isEqualTo(stream.size());
        }
        assertThat(usedAgain).isPositive();
        assertThat(snapshots).isNotEmpty();
        assertThat(schedules).isNotEmpty();
    }

    @Test
    void aKillWhileTheFirstContextIsMadeLeavesNothingThatCannotBeOpened() throws Exception {
        Random random = new Random(SEED);
        for (int crash = 0; crash < CRASHES_AT_FIRST_START; crash++) {
            Path fresh = data.resolve("fresh-" + crash);
            Process process = new ProcessBuilder(
                            ServerProcess.command("--data", fresh.toString(), "--grpc-port", "0", "--http-port", "0"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> Files.exists(fresh.resolve("contexts")));
            long moment = System.nanoTime() + random.nextInt(150_000_000);
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> System.nanoTime() >= moment);
            process.destroyForcibly().waitFor();

            ServerProcess server = ServerProcess.start(fresh);
            server.kill();
        }
    }

    private void killUnderLoad(ServerProcess server, Random random, boolean isLast) throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS + 1);
        writers.execute(() -> grow(server));
        for (int i = 0; i < WRITERS; i++) {
            long seed = random.nextLong();
            writers.execute(() -> write(server, new Random(seed)));
        }
        int before = answers.get();
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> answers.get() > before);
        int target = before + random.nextInt(400);
        long moment = System.nanoTime() + random.nextInt(500_000_000);
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> answers.get() >= target || System.nanoTime() >= moment);
        if (isLast && usedAgain == 0) {
            // On a slow machine no life before was long enough.
            await().atMost(Duration.ofSeconds(60)).until(this::isLogUsedAgain);
        }
        server.kill();
        writers.shutdown();
        assertThat(writers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        if (isLogUsedAgain()) {
            usedAgain++;
        }
    }

    private boolean isLogUsedAgain() throws IOException {
        return Files.readString(store().resolve("LOG")).contains("from recycle list");
    }

    private Path store() {
        return data.resolve("contexts").resolve("default");
    }

    private interface Load {
        void put(AxonServerConnection connection) throws Exception;
    }

    private static void untilGone(ServerProcess server, Load load) {
        AxonServerConnectionFactory factory = server.connector();
        try {
            AxonServerConnection connection = factory.connect("default");
            while (true) {
                load.put(connection);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            // The server was killed: what had no answer may or may not be there.
        } finally {
            factory.shutdown();
        }
    }

    /** Appends to an aggregate that outlives every crash, and reads it each time, so that its events are kept together. */
    private void grow(ServerProcess server) {
        untilGone(server, connection -> {
            List<String> known = new ArrayList<>();
            read(connection.eventChannel().openAggregateStream(LONG, false))
                    .forEach(event -> known.add(event.getMessageIdentifier()));
            append(connection, LONG, known, 1, 200);
        });
    }

    /** Appends transactions of one to five events to an aggregate of its own, until the server is gone. */
    private void write(ServerProcess server, Random random) {
        untilGone(server, connection -> {
            String aggregate = "aggregate-" + aggregates.getAndIncrement();
            List<String> known = new ArrayList<>();
            for (int transaction = 0; transaction < 3; transaction++) {
                append(connection, aggregate, known, 1 + random.nextInt(5), random.nextInt(8) == 0 ? 20_000 : 200);
            }
            Event snapshot = event(aggregate, known.size() - 1, "snapshot of " + aggregate);
            connection.eventChannel().appendSnapshot(snapshot).get(5, TimeUnit.SECONDS);
            snapshots.put(aggregate, snapshot.getMessageIdentifier());
            if (random.nextInt(4) == 0) {
                schedule(connection, random.nextBoolean() ? 0 : 3_600_000);
            }
        });
    }

    private void append(AxonServerConnection connection, String aggregate, List<String> known, int count, int size)
            throws InterruptedException, ExecutionException, TimeoutException {
        AppendEventsTransaction transaction = connection.eventChannel().startAppendEventsTransaction();
        List<String> identifiers = new ArrayList<>(known);
        for (int i = 0; i < count; i++) {
            // The text tells how many events belong to the transaction, and which of them this one is.
            Event event = event(aggregate, identifiers.size(), i + " of " + count + " " + "x".repeat(size));
            identifiers.add(event.getMessageIdentifier());
            transaction.appendEvent(event);
        }
        transaction.commit().get(5, TimeUnit.SECONDS);
        known.clear();
        known.addAll(identifiers);
        acknowledged.put(aggregate, identifiers);
        answers.incrementAndGet();
    }

    private void schedule(AxonServerConnection connection, long delayMs)
            throws InterruptedException, ExecutionException, TimeoutException {
        Event event = event("", 0, "scheduled");
        String token = connection
                .eventChannel()
                .scheduleEvent(Instant.now().plusMillis(delayMs), event)
                .get(5, TimeUnit.SECONDS);
        if (delayMs == 0) {
            published.add(event.getMessageIdentifier());
        } else {
            schedules.put(event.getMessageIdentifier(), token);
        }
    }

    private void compare(ServerProcess server, boolean completely) throws Exception {
        AxonServerConnectionFactory factory = server.connector();
        try {
            AxonServerConnection connection = factory.connect("default");
            track(connection);
            acknowledged.forEach((aggregate, identifiers) -> assertThat(byAggregate.get(aggregate))
                    .as("what was acknowledged of " + aggregate)
                    .isNotNull()
                    .startsWith(identifiers.toArray(String[]::new)));
            List<String> sample = new ArrayList<>(byAggregate.keySet());
            if (!completely && sample.size() > CHECKED_AGAIN) {
                sample = sample.subList(sample.size() - CHECKED_AGAIN, sample.size());
            }
            for (String aggregate : sample) {
                compareAggregate(connection, aggregate);
            }
            if (byAggregate.containsKey(LONG)) {
                compareAggregate(connection, LONG);
            }
            if (completely) {
                compareSchedules(connection);
            }
        } finally {
            factory.shutdown();
        }
    }

    /** Reads the tracking stream from the start: what was there must be the same, and what is new must be whole. */
    private void track(AxonServerConnection connection) throws Exception {
        long last = connection.eventChannel().getLastToken().get(30, TimeUnit.SECONDS);
        assertThat(last + 1).isGreaterThanOrEqualTo(stream.size());
        String previous = "";
        String previousText = "";
        try (EventStream events = connection.eventChannel().openStream(-1, 1000)) {
            for (int expected = 0; expected <= last; expected++) {
                var next = events.nextIfAvailable(30, TimeUnit.SECONDS);
                assertThat(next).as("event " + expected + " of " + last).isNotNull();
                assertThat(next.getToken()).isEqualTo(expected);
                Event event = next.getEvent();
                String text = event.getPayload().getData().toStringUtf8();
                if (expected < stream.size()) {
                    assertThat(event.getMessageIdentifier()).isEqualTo(stream.get(expected));
                } else {
                    stream.add(event.getMessageIdentifier());
                    if (!event.getAggregateIdentifier().isEmpty()) {
                        List<String> own = byAggregate.computeIfAbsent(
                                event.getAggregateIdentifier(), identifier -> new ArrayList<>());
                        assertThat(event.getAggregateSequenceNumber()).isEqualTo(own.size());
                        own.add(event.getMessageIdentifier());
                    }
                }
                assertFollows(previous, previousText, event.getAggregateIdentifier(), text);
                previous = event.getAggregateIdentifier();
                previousText = text;
            }
        }
        assertFollows(previous, previousText, "", "");
        assertThat(new HashSet<>(stream)).hasSameSizeAs(stream);
    }

    /** The events of a transaction stand together: after "0 of 2" comes "1 of 2", and after that a new one begins. */
    private static void assertFollows(String previous, String previousText, String aggregate, String text) {
        String[] before = previousText.split(" ", -1);
        if (!previous.isEmpty() && Integer.parseInt(before[0]) + 1 < Integer.parseInt(before[2])) {
            assertThat(aggregate).as("no transaction is half there").isEqualTo(previous);
            assertThat(text).startsWith(Integer.parseInt(before[0]) + 1 + " of " + before[2]);
        } else if (!aggregate.isEmpty()) {
            assertThat(text).startsWith("0 of ");
        }
    }

    private void compareAggregate(AxonServerConnection connection, String aggregate) throws Exception {
        List<Event> events = read(connection.eventChannel().openAggregateStream(aggregate, false));
        assertThat(events)
                .extracting(Event::getMessageIdentifier)
                .as("aggregate read and tracking stream of " + aggregate)
                .isEqualTo(byAggregate.get(aggregate));
        String snapshot = snapshots.get(aggregate);
        if (snapshot != null) {
            assertThat(read(connection.eventChannel().openAggregateStream(aggregate, true)))
                    .first()
                    .satisfies(first -> {
                        assertThat(first.getSnapshot()).isTrue();
                        assertThat(first.getMessageIdentifier()).isEqualTo(snapshot);
                    });
        }
    }

    /** Schedules for later are kept: brought forward, each is published once; those that were due have been. */
    private void compareSchedules(AxonServerConnection connection) throws Exception {
        for (Map.Entry<String, String> schedule : schedules.entrySet()) {
            Event event = event("", 0, "scheduled").toBuilder()
                    .setMessageIdentifier(schedule.getKey())
                    .build();
            connection
                    .eventChannel()
                    .reschedule(schedule.getValue(), Instant.now(), event)
                    .get(30, TimeUnit.SECONDS);
            published.add(schedule.getKey());
        }
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> {
                    track(connection);
                    assertThat(new HashSet<>(stream)).containsAll(published);
                });
    }
}
