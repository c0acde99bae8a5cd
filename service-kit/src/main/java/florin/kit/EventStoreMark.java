package florin.kit;

import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Keeps a service from going on with another event store than the one that its database was made from: an older copy of it, or
 * an empty one.
 *
 * <p>Its processors would wait at tokens that the event store has not reached, and never see the events that come to stand before
 * them; its sagas would go on with transfers that the event store has forgotten. So it keeps, beside the tokens, the place and
 * the identifier of an event that it has seen, and looks whether the event store still has that event, at the start and from
 * time to time. If it has not, seen twice, the service does not start, or ends.
 */
public final class EventStoreMark {

    /** In the column of the processors' names. */
    static final String NAME = "__event-store";

    private static final Logger LOG = LoggerFactory.getLogger(EventStoreMark.class);
    private static final Duration PERIOD = Duration.ofSeconds(10);
    private static final Duration SECOND_LOOK = Duration.ofSeconds(1);
    private static final long PATIENCE_SECONDS = 5;
    private static final int EXIT_CODE = 78; // EX_CONFIG of sysexits.h
    private static final long NONE = -1;
    private static final String NOT_KNOWN = "Whether the event store is the one of before is not known";

    private final Supplier<EventChannel> events;
    private final JdbcClient database;
    private final Serializer serializer;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("event-store-mark"));
    private volatile boolean isKnown;

    EventStoreMark(Supplier<EventChannel> events, JdbcClient database, Serializer serializer) {
        this.events = events;
        this.database = database;
        this.serializer = serializer;
    }

    /** An event of the event store. */
    private record Mark(long position, String identifier) {

        private static Mark of(byte[] stored) {
            String[] parts = new String(stored, StandardCharsets.UTF_8).split(" ", 2);
            return new Mark(Long.parseLong(parts[0]), parts[1]);
        }

        private byte[] stored() {
            return (position + " " + identifier).getBytes(StandardCharsets.UTF_8);
        }
    }

    /** The event store is not the one that it was. */
    static final class OtherEventStoreException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private OtherEventStoreException(String found) {
            super(found + ". It is an older copy, or another one. Start with the one of before; or, if this one is to"
                    + " stay, empty this service's database first: it is made again from the events");
        }
    }

    /** Looks now, and from time to time; an event store that is away is looked at soon. */
    void start() {
        Duration next = PERIOD;
        try {
            checkTwice();
        } catch (OtherEventStoreException other) {
            throw other;
        } catch (Exception away) {
            LOG.warn("{} yet: {}", NOT_KNOWN, away.toString());
            next = SECOND_LOOK;
        }
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(
                this::checkOrEnd, next.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void stop() {
        timer.shutdownNow();
    }

    /**
     * Has the event store looked at, if it was away at the start: before anything is done of which it may know nothing.
     *
     * @throws IllegalStateException if it is away still
     */
    public void requireKnown() {
        if (isKnown) {
            return;
        }
        try {
            checkTwice();
        } catch (RuntimeException away) {
            throw away;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(NOT_KNOWN, stopped);
        } catch (Exception away) {
            throw new IllegalStateException(NOT_KNOWN, away);
        }
    }

    /** Before the first message is handled. */
    <T extends Message<?>> MessageHandlerInterceptor<T> gate() {
        return (unit, chain) -> {
            requireKnown();
            return chain.proceed();
        };
    }

    private void checkOrEnd() {
        try {
            checkTwice();
        } catch (OtherEventStoreException other) {
            LOG.error("This service ends", other);
            System.exit(EXIT_CODE);
        } catch (Exception away) {
            LOG.info("{} now: {}", NOT_KNOWN, away.toString());
        }
    }

    /** A member of a cluster may be behind for a moment. */
    private void checkTwice() throws Exception {
        try {
            check();
        } catch (OtherEventStoreException once) {
            LOG.warn("The event store is looked at again: {}", once.getMessage());
            TimeUnit.MILLISECONDS.sleep(SECOND_LOOK.toMillis());
            check();
        }
    }

    void check() throws Exception {
        Optional<Mark> mark = mark();
        long marked = mark.map(Mark::position).orElse(NONE);
        long seen = Math.max(seen(), marked);
        // After what was seen: both go on meanwhile.
        EventChannel store = events.get();
        long head = store.getLastToken().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (seen > head) {
            throw new OtherEventStoreException(
                    "This service has seen event " + seen + " of an event store whose last is " + head);
        }
        if (mark.isPresent()) {
            Mark there = find(store, marked);
            if (!there.equals(mark.get())) {
                throw new OtherEventStoreException("At place " + marked + " of the event store is event "
                        + there.identifier() + ", and this service has seen "
                        + mark.get().identifier() + " there");
            }
        }
        if (seen > marked) {
            keep(find(store, seen));
        }
        isKnown = true;
    }

    private static Mark find(EventChannel store, long position) throws InterruptedException, TimeoutException {
        try (EventStream stream = store.openStream(position - 1, 1)) {
            EventWithToken event = stream.nextIfAvailable(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new TimeoutException("No answer to the question for event " + position);
            }
            return new Mark(event.getToken(), event.getEvent().getMessageIdentifier());
        }
    }

    /** The last place that one of the processors has come to. */
    private long seen() {
        List<Long> positions = database.sql("SELECT token, token_type FROM token_entry WHERE processor_name <> ?")
                .param(NAME)
                .query((row, number) -> position(row))
                .list();
        return positions.stream().mapToLong(Long::longValue).max().orElse(NONE);
    }

    private long position(ResultSet row) throws SQLException {
        byte[] token = row.getBytes(1);
        if (token == null) {
            return NONE;
        }
        TrackingToken read =
                serializer.deserialize(new SimpleSerializedObject<>(token, byte[].class, row.getString(2), null));
        return read.position().orElse(NONE);
    }

    private Optional<Mark> mark() {
        return database.sql("SELECT token FROM token_entry WHERE processor_name = ?")
                .param(NAME)
                .query((row, number) -> Mark.of(row.getBytes(1)))
                .optional();
    }

    private void keep(Mark mark) {
        int unused = database.sql(
                        "INSERT INTO token_entry (processor_name, segment, token, timestamp) VALUES (?, 0, ?, ?)"
                                + " ON CONFLICT (processor_name, segment) DO UPDATE SET token = excluded.token,"
                                + " timestamp = excluded.timestamp")
                .param(NAME)
                .param(mark.stored())
                .param(Instant.now().toString())
                .update();
    }
}
