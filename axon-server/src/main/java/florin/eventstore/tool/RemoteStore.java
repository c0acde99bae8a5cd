package florin.eventstore.tool;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.AggregateEventStream;
import io.axoniq.axonserver.connector.event.AppendEventsTransaction;
import io.axoniq.axonserver.connector.impl.ContextConnection;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusException;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** One context of a server that speaks Axon Server's API, used through the official connector. */
final class RemoteStore implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 60;
    private static final int PERMITS = 4096;
    private static final int SNAPSHOTS_OF_ONE_AGGREGATE = 100;

    /** The connector's channel asks for fifty messages ahead, unless a call has one answer only. */
    private static final MethodDescriptor<GetEventsRequest, EventWithToken> LIST_EVENTS =
            EventStoreGrpc.getListEventsMethod().toBuilder()
                    .setType(MethodType.CLIENT_STREAMING)
                    .build();

    /** Where a server is; the access token may be null, and so is TLS to speak in the clear. */
    record Address(String host, int port, String accessToken, SslContext tls) {
        @Override
        public String toString() {
            return host + ':' + port;
        }
    }

    private final Address address;
    private final AxonServerConnectionFactory factory;
    private final AxonServerConnection connection;
    private final Channel channel;

    RemoteStore(Address address, String context) {
        this.address = address;
        AxonServerConnectionFactory.Builder builder = AxonServerConnectionFactory.forClient("florin-copy")
                .routingServers(new ServerAddress(address.host(), address.port()))
                .maxInboundMessageSize(Integer.MAX_VALUE) // Whatever the one server took the other is to take.
                .connectTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (address.accessToken() != null) {
            builder.token(address.accessToken());
        }
        if (address.tls() != null) {
            builder.useTransportSecurity(address.tls());
        }
        factory = builder.build();
        connection = factory.connect(context);
        channel = ((ContextConnection) connection).getManagedChannel();
    }

    /** How many events the context has. */
    long count() throws InterruptedException {
        return await(connection.eventChannel().getLastToken()) + 1;
    }

    /**
     * Hands over the first {@code count} events, in order. How many come ahead is bounded by gRPC, in bytes: it is asked for one
     * event after the other, and does not take more from the connection meanwhile than its window.
     */
    void read(long count, Consumer<Event> consumer) throws InterruptedException {
        if (count == 0) {
            return;
        }
        BlockingClientCall<GetEventsRequest, EventWithToken> call =
                ClientCalls.blockingBidiStreamingCall(channel, LIST_EVENTS, CallOptions.DEFAULT);
        long read = 0;
        try {
            call.write(permits(PERMITS));
            while (read < count) {
                EventWithToken next = call.read(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (next == null) {
                    throw ended(read, count, null);
                }
                consumer.accept(next.getEvent());
                read++;
                if (read % (PERMITS / 2) == 0) {
                    call.write(permits(PERMITS / 2));
                }
            }
        } catch (StatusException | TimeoutException e) {
            throw ended(read, count, e);
        } finally {
            call.cancel("no more is wanted", null);
        }
    }

    /** The first message of a stream says where it starts too: at the first event. */
    private static GetEventsRequest permits(long count) {
        return GetEventsRequest.newBuilder().setNumberOfPermits(count).build();
    }

    private CopyException ended(long read, long count, Exception reason) {
        return new CopyException(address + " ended its stream after " + read + " of " + count + " events", reason);
    }

    void append(List<Event> transaction) throws InterruptedException {
        AppendEventsTransaction append = connection.eventChannel().startAppendEventsTransaction();
        transaction.forEach(append::appendEvent);
        await(append.commit());
    }

    /** What is done with a snapshot. */
    interface SnapshotReader {
        void read(Event snapshot) throws InterruptedException;
    }

    /**
     * Hands over the aggregate's snapshots, the latest hundred of them, the latest first. Each is asked for by itself: it may be as
     * large as a message, and the connector keeps in memory whatever the server sends.
     */
    void readSnapshots(String aggregate, SnapshotReader reader) throws InterruptedException {
        long last = Long.MAX_VALUE;
        for (int read = 0; read < SNAPSHOTS_OF_ONE_AGGREGATE && last >= 0; read++) {
            Optional<Event> snapshot = latestSnapshot(aggregate, last);
            if (snapshot.isEmpty()) {
                return;
            }
            last = snapshot.get().getAggregateSequenceNumber() - 1;
            reader.read(snapshot.get());
        }
    }

    /** The aggregate's latest snapshot up to and with a sequence number. */
    Optional<Event> latestSnapshot(String aggregate, long last) throws InterruptedException {
        AggregateEventStream stream = connection.eventChannel().loadSnapshots(aggregate, 0, last, 1);
        return stream.hasNext() ? Optional.of(stream.next()) : Optional.empty();
    }

    void appendSnapshot(Event snapshot) throws InterruptedException {
        await(connection.eventChannel().appendSnapshot(snapshot));
    }

    private <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        try {
            return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException refused) {
            throw new CopyException(address + " refused: " + refused.getCause().getMessage(), refused.getCause());
        } catch (TimeoutException silent) {
            throw new CopyException(address + " did not answer within " + PATIENCE_SECONDS + " s", silent);
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }

    @Override
    public void close() {
        factory.shutdown();
    }
}
