package florin.chaos;

import florin.account.api.AccountEvent;
import florin.transfer.api.TransferEvent;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** Reads the event store as any application would: through the official connector. */
final class EventStoreReader implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;
    private static final int BUFFER = 1_000;
    private static final Map<String, Class<?>> TYPES = Stream.of(AccountEvent.class, TransferEvent.class)
            .flatMap(EventStoreReader::records)
            .collect(Collectors.toMap(Class::getName, Function.identity()));

    private final AxonServerConnectionFactory factory;
    private final AxonServerConnection connection;

    EventStoreReader(int grpcPort) {
        factory = AxonServerConnectionFactory.forClient("florin-chaos", "florin-chaos-reader")
                .routingServers(new ServerAddress("localhost", grpcPort))
                .build();
        connection = factory.connect("default");
    }

    private static Stream<Class<?>> records(Class<?> event) {
        return event.isInterface()
                ? Stream.of(event.getPermittedSubclasses()).flatMap(EventStoreReader::records)
                : Stream.of(event);
    }

    /** The token of the last event; -1 if there is none. */
    long head() {
        try {
            return connection.eventChannel().getLastToken().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            throw new ChaosException("The event store does not tell its last token: " + e, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Adds what the log does not have yet; what was read before a fault is kept. */
    void readInto(EventLog log) {
        long head = head();
        if (head == log.head()) {
            return;
        }
        try (EventStream stream = connection.eventChannel().openStream(log.head(), BUFFER)) {
            while (log.head() < head) {
                EventWithToken next = stream.nextIfAvailable(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (next == null) {
                    throw new ChaosException("The event store gives no event after token " + log.head()
                            + ", and says that there are events up to " + head);
                }
                log.add(recorded(next));
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ChaosException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ChaosException("The event store cannot be read: " + e, e);
        }
    }

    private static EventLog.Recorded recorded(EventWithToken next) {
        Event event = next.getEvent();
        Class<?> type = TYPES.get(event.getPayload().getType());
        if (type == null) {
            throw new ChaosException("The event " + next.getToken() + " is of a type that nobody published: "
                    + event.getPayload().getType());
        }
        return new EventLog.Recorded(
                next.getToken(),
                event.getMessageIdentifier(),
                event.getAggregateIdentifier(),
                event.getAggregateSequenceNumber(),
                JsonMapper.shared().readValue(event.getPayload().getData().toByteArray(), type));
    }

    private static ChaosException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new ChaosException("Interrupted", e);
    }

    @Override
    public void close() {
        factory.shutdown();
    }
}
