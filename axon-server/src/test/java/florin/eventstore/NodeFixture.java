package florin.eventstore;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.AggregateEventStream;
import io.axoniq.axonserver.connector.event.AppendEventsTransaction;
import io.axoniq.axonserver.connector.impl.ContextConnection;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** A node on free ports and clients of the official connector that talk to it. */
final class NodeFixture implements AutoCloseable {
    private final NodeConfiguration configuration;
    private final List<AxonServerConnectionFactory> factories = new ArrayList<>();
    private final List<AxonServerConnection> connections = new ArrayList<>();
    private AxonServerNode node;

    NodeFixture(Path data) {
        this(NodeConfiguration.of(data, 0, 0));
    }

    NodeFixture(NodeConfiguration configuration) {
        this.configuration = configuration;
        node = AxonServerNode.start(configuration);
    }

    AxonServerNode node() {
        return node;
    }

    AxonServerConnection connect(String component) {
        return connect(component, component + '-' + UUID.randomUUID(), "default");
    }

    AxonServerConnection connect(String component, String clientId, String context) {
        return connect(component, clientId, context, builder -> builder);
    }

    AxonServerConnection connect(
            String component,
            String clientId,
            String context,
            UnaryOperator<AxonServerConnectionFactory.Builder> special) {
        AxonServerConnectionFactory.Builder builder = AxonServerConnectionFactory.forClient(component, clientId)
                .routingServers(new ServerAddress("localhost", node.grpcPort()))
                .connectTimeout(5, TimeUnit.SECONDS)
                .reconnectInterval(200, TimeUnit.MILLISECONDS)
                .processorInfoUpdateFrequency(200, TimeUnit.MILLISECONDS);
        AxonServerConnectionFactory factory = special.apply(builder).build();
        factories.add(factory);
        AxonServerConnection connection = factory.connect(context);
        connections.add(connection);
        return connection;
    }

    /** Cuts a client's connection without the goodbyes that its own disconnect would say. */
    void shutdownAbruptly(AxonServerConnection connection) {
        if (connection instanceof ContextConnection context) {
            context.getManagedChannel().shutdownNow();
        } else {
            throw new IllegalArgumentException("not a connection of the official connector");
        }
    }

    /** Headers are names and values in turn. */
    HttpResponse<String> http(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.httpPort() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The value of a metric that has no labels. */
    long metric(String name) throws IOException, InterruptedException {
        String prefix = name + ' ';
        return http("GET", "/actuator/prometheus", "")
                .body()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .mapToLong(line -> Long.parseLong(line.substring(prefix.length())))
                .sum();
    }

    void restart() {
        disconnectAll();
        node.close();
        node = AxonServerNode.start(configuration);
    }

    private void disconnectAll() {
        factories.forEach(AxonServerConnectionFactory::shutdown);
        factories.clear();
        connections.clear();
    }

    @Override
    public void close() {
        // A client that says goodbye first waits 5 s for answers that a test has left open.
        connections.forEach(this::shutdownAbruptly);
        disconnectAll();
        node.close();
    }

    static Event event(String aggregate, long sequence, String text) {
        return Event.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setAggregateIdentifier(aggregate)
                .setAggregateSequenceNumber(sequence)
                .setAggregateType(aggregate.isEmpty() ? "" : "Sample")
                .setTimestamp(System.currentTimeMillis())
                .setPayload(payload(text))
                .build();
    }

    static SerializedObject payload(String text) {
        return SerializedObject.newBuilder()
                .setType("sample")
                .setData(ByteString.copyFromUtf8(text))
                .build();
    }

    static void append(AxonServerConnection connection, Event... events) throws Exception {
        AppendEventsTransaction transaction = connection.eventChannel().startAppendEventsTransaction();
        for (Event event : events) {
            transaction.appendEvent(event);
        }
        transaction.commit().get(30, TimeUnit.SECONDS);
    }

    static List<Event> read(AggregateEventStream stream) throws InterruptedException {
        List<Event> events = new ArrayList<>();
        while (stream.hasNext()) {
            events.add(stream.next());
        }
        return events;
    }
}
