package florin.eventstore.storage;

import com.google.protobuf.ByteString;
import florin.eventstore.storage.EventStorage.AggregateEvents;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/**
 * A program, not a test, about what growth costs. {@code fill DIR N} fills a store; {@code compare DIR N DIR N} measures
 * two filled ones in turn, so that both see the same machine.
 */
final class Growth {
    private static final int PAYLOAD_BYTES = 200;
    private static final int LONG_AGGREGATES = 20;
    private static final int LONG_AGGREGATE_EVENTS = 1000;
    private static final int FILLING = 32;
    private static final int ROUNDS = 7;
    private static final int APPENDS = 100_000;
    private static final int LOADS = 60;

    private final EventStorage storage;
    private final long filled;
    private final Random random = new Random();
    private final double[] rates = new double[ROUNDS];
    private final List<Double> firstLoads = new ArrayList<>();
    private final List<Double> loads = new ArrayList<>();
    private long filler;

    private Growth(EventStorage storage, long filled) {
        this.storage = storage;
        this.filled = filled;
    }

    public static void main(String[] arguments) {
        Path data = Path.of(arguments[1]);
        try (StorageResources resources = new StorageResources(data.resolve("native"));
                EventStorage storage = open(data, resources)) {
            Growth growth = new Growth(storage, Long.parseLong(arguments[2]));
            if (arguments[0].equals("fill")) {
                growth.fill();
                return;
            }
            try (StorageResources others = new StorageResources(data.resolve("native"));
                    EventStorage large = open(Path.of(arguments[3]), others)) {
                Growth other = new Growth(large, Long.parseLong(arguments[4]));
                for (int round = 0; round < ROUNDS; round++) {
                    growth.measure(round);
                    other.measure(round);
                }
                growth.report();
                other.report();
            }
        }
    }

    private static EventStorage open(Path data, StorageResources resources) {
        Path folder = data.resolve("contexts").resolve("default");
        return EventStorage.open(folder, resources, StorageConfiguration.DEFAULT);
    }

    /** Aggregates of ten events, and among them, evenly spread, the long ones. */
    private void fill() {
        long started = System.nanoTime();
        long distance = Math.max(1, filled / (LONG_AGGREGATES * LONG_AGGREGATE_EVENTS));
        Semaphore permits = new Semaphore(FILLING);
        long staged = 0;
        int spread = 0;
        while (staged < filled) {
            List<Event> transaction = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                String identifier = newIdentifier();
                for (int sequence = 0; sequence < 10; sequence++) {
                    transaction.add(event(identifier, sequence));
                }
            }
            while (spread < staged / distance && spread < LONG_AGGREGATES * LONG_AGGREGATE_EVENTS) {
                transaction.add(event("long-" + filled + "-" + spread % LONG_AGGREGATES, spread / LONG_AGGREGATES));
                spread++;
            }
            staged += transaction.size();
            append(transaction, permits);
        }
        permits.acquireUninterruptibly(FILLING);
        print("filled to %,d events at %,.0f events/s", storage.lastIndex() + 1, staged / seconds(started));
    }

    private void measure(int round) {
        long started = System.nanoTime();
        Semaphore permits = new Semaphore(64);
        for (int i = 0; i < APPENDS; i++) {
            append(List.of(event(newIdentifier(), 0)), permits);
        }
        permits.acquireUninterruptibly(64);
        rates[round] = APPENDS / seconds(started);
        for (int i = 0; i < LONG_AGGREGATES && round == 0; i++) {
            firstLoads.add(load("long-" + filled + "-" + i));
        }
        for (int i = 0; i < LOADS; i++) {
            loads.add(load("long-" + filled + "-" + random.nextInt(LONG_AGGREGATES)));
        }
    }

    private double load(String identifier) {
        long started = System.nanoTime();
        long next = 0;
        AggregateEvents read;
        do {
            read = storage.readAggregate(identifier, next, Long.MAX_VALUE, 256, 1 << 20, next == 0);
            next += read.events().size();
        } while (!read.isEnd());
        if (next < LONG_AGGREGATE_EVENTS * 9 / 10) {
            throw new IllegalStateException(identifier + " has " + next + " events only");
        }
        return seconds(started) * 1000;
    }

    private void report() {
        Arrays.sort(rates);
        firstLoads.sort(null);
        loads.sort(null);
        print(
                "%,d events: append of 1, 64 in flight %,.0f/s (median of %d), load of 1,000 the first time p50 %.2f ms,"
                        + " again p50 %.2f ms, p99 %.2f ms",
                storage.lastIndex() + 1,
                rates[ROUNDS / 2],
                ROUNDS,
                firstLoads.get(firstLoads.size() / 2),
                loads.get(loads.size() / 2),
                loads.get(loads.size() * 99 / 100));
    }

    private String newIdentifier() {
        return new UUID(random.nextLong(), filler++).toString();
    }

    private void append(List<Event> transaction, Semaphore permits) {
        permits.acquireUninterruptibly();
        storage.append(transaction.stream().map(NewEvent::of).toList()).whenComplete((index, failure) -> {
            permits.release();
            if (failure != null) {
                throw new IllegalStateException(failure);
            }
        });
    }

    private Event event(String identifier, long sequence) {
        byte[] payload = new byte[PAYLOAD_BYTES];
        random.nextBytes(payload);
        return Event.newBuilder()
                .setMessageIdentifier(new UUID(random.nextLong(), random.nextLong()).toString())
                .setAggregateIdentifier(identifier)
                .setAggregateSequenceNumber(sequence)
                .setAggregateType("Account")
                .setTimestamp(System.currentTimeMillis())
                .setPayload(
                        SerializedObject.newBuilder().setType("florin.Sample").setData(ByteString.copyFrom(payload)))
                .build();
    }

    private static double seconds(long started) {
        return (System.nanoTime() - started) / 1e9;
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
