package florin.eventstore;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.Registration;
import io.axoniq.axonserver.connector.ReplyChannel;
import io.axoniq.axonserver.connector.ResultStream;
import io.axoniq.axonserver.connector.control.ProcessorInstructionHandler;
import io.axoniq.axonserver.connector.event.AggregateEventStream;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.connector.query.QueryHandler;
import io.axoniq.axonserver.connector.query.SubscriptionQueryResult;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryUpdate;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * What an application does with a connector, in calls that every version from 4.6 on has. It is loaded with each
 * version's libraries and nothing else, so it uses the connector and the JDK only.
 *
 * <p>Given the port of a node it does everything once, and returns a counter of the pauses that its event processor,
 * {@code projection} of the component {@code scenario}, was asked for.
 */
public final class ConnectorScenario implements IntFunction<AtomicInteger>, AutoCloseable {
    private static final int TIMEOUT_SECONDS = 30;

    private AxonServerConnectionFactory factory;

    @Override
    public AtomicInteger apply(int port) {
        factory = AxonServerConnectionFactory.forClient("scenario", "scenario-" + UUID.randomUUID())
                .routingServers(new ServerAddress("localhost", port))
                .connectTimeout(5, TimeUnit.SECONDS)
                .processorInfoUpdateFrequency(200, TimeUnit.MILLISECONDS)
                .build();
        AxonServerConnection connection = factory.connect("default");
        try {
            storesAndReads(connection.eventChannel());
            schedules(connection.eventChannel());
            sendsACommand(connection);
            asksAndSubscribes(connection);
            return reportsAProcessor(connection);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void storesAndReads(EventChannel events) throws Exception {
        events.startAppendEventsTransaction()
                .appendEvent(event("account", 0, "opened"))
                .appendEvent(event("account", 1, "credited"))
                .commit()
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        events.appendSnapshot(event("account", 1, "snapshot")).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        events.appendEvents(event("account", 2, "debited")).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        check("a refused append", appendingFails(events, event("account", 2, "again")), true);

        check("with snapshot", read(events.openAggregateStream("account", true)), List.of("snapshot", "debited"));
        check("events", read(events.openAggregateStream("account", false)), List.of("opened", "credited", "debited"));
        check("sequence", events.findHighestSequence("account").get(TIMEOUT_SECONDS, TimeUnit.SECONDS), 2L);
        check("before the first token", events.getFirstToken().get(TIMEOUT_SECONDS, TimeUnit.SECONDS), -1L);
        check("last token", events.getLastToken().get(TIMEOUT_SECONDS, TimeUnit.SECONDS), 2L);
        try (EventStream stream = events.openStream(0, 16)) {
            check("live event 1", next(stream), "credited");
            check("live event 2", next(stream), "debited");
            events.appendEvents(event("account", 3, "closed")).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            check("live event 3", next(stream), "closed");
        }
    }

    private static boolean appendingFails(EventChannel events, Event event) throws Exception {
        return events.appendEvents(event)
                .handle((confirmation, failure) ->
                        failure != null && failure.toString().contains("AXONIQ-2000"))
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    private static void schedules(EventChannel events) throws Exception {
        String never = events.scheduleEvent(Instant.now().plusSeconds(3600), event("", 0, "never"))
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        check(
                "cancelled",
                events.cancelSchedule(never)
                        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .getSuccess(),
                true);
        long last = events.getLastToken().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        try (EventStream stream = events.openStream(last, 16)) {
            events.scheduleEvent(Instant.now().plusMillis(100), event("", 0, "due"))
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            check("the scheduled event", next(stream), "due");
        }
    }

    private static void sendsACommand(AxonServerConnection connection) throws Exception {
        Registration handler = connection
                .commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.newBuilder()
                                .setMessageIdentifier(UUID.randomUUID().toString())
                                .setRequestIdentifier(command.getMessageIdentifier())
                                .setPayload(payload("hello " + text(command.getPayload())))
                                .build()),
                        100,
                        "Greet")
                .awaitAck(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        Command command = Command.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setName("Greet")
                .setPayload(payload("world"))
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.ROUTING_KEY)
                        .setValue(MetaDataValue.newBuilder().setTextValue("key")))
                .build();
        CommandResponse answer =
                connection.commandChannel().sendCommand(command).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        check("the answer", text(answer.getPayload()), "hello world");
        handler.cancel().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        CommandResponse refused =
                connection.commandChannel().sendCommand(command).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        check("without a handler", refused.getErrorCode(), "AXONIQ-4000");
    }

    @SuppressWarnings({"deprecation", "removal"}) // the only form that all versions have
    private static void asksAndSubscribes(AxonServerConnection connection) throws Exception {
        Balance balance = new Balance();
        connection
                .queryChannel()
                .registerQueryHandler(balance, new QueryDefinition("FindBalance", String.class.getName()))
                .awaitAck(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        try (ResultStream<QueryResponse> results = connection.queryChannel().query(query())) {
            QueryResponse result = results.nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            check("the result", text(result.getPayload()), "100");
        }
        SubscriptionQueryResult subscription = connection.queryChannel().subscriptionQuery(query(), payload(""), 16, 4);
        QueryResponse initial = subscription.initialResult().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        check("the initial result", text(initial.getPayload()), "100");
        QueryHandler.UpdateHandler updates = balance.subscriber.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        for (int i = 0; i < 20; i++) {
            updates.sendUpdate(
                    QueryUpdate.newBuilder().setPayload(payload("update " + i)).build());
        }
        for (int i = 0; i < 20; i++) {
            QueryUpdate update = subscription.updates().nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            check("an update", text(update.getPayload()), "update " + i);
        }
        subscription.updates().close();
        balance.unsubscribed.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    private static final class Balance implements QueryHandler {
        private final CompletableFuture<UpdateHandler> subscriber = new CompletableFuture<>();
        private final CompletableFuture<Void> unsubscribed = new CompletableFuture<>();

        @Override
        public void handle(QueryRequest request, ReplyChannel<QueryResponse> channel) {
            channel.sendLast(QueryResponse.newBuilder()
                    .setMessageIdentifier(UUID.randomUUID().toString())
                    .setRequestIdentifier(request.getMessageIdentifier())
                    .setPayload(payload("100"))
                    .build());
        }

        @Override
        public Registration registerSubscriptionQuery(SubscriptionQuery query, UpdateHandler handler) {
            subscriber.complete(handler);
            return () -> {
                unsubscribed.complete(null);
                return unsubscribed;
            };
        }
    }

    private static QueryRequest query() {
        return QueryRequest.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setQuery("FindBalance")
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.NR_OF_RESULTS)
                        .setValue(MetaDataValue.newBuilder().setNumberValue(1)))
                .build();
    }

    private static AtomicInteger reportsAProcessor(AxonServerConnection connection) throws Exception {
        AtomicInteger pauses = new AtomicInteger();
        connection
                .controlChannel()
                .registerEventProcessor("projection", ConnectorScenario::processor, new Pausing(pauses))
                .awaitAck(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return pauses;
    }

    private static EventProcessorInfo processor() {
        return EventProcessorInfo.newBuilder()
                .setProcessorName("projection")
                .setTokenStoreIdentifier("store")
                .setMode("Tracking")
                .setIsStreamingProcessor(true)
                .setRunning(true)
                .setActiveThreads(1)
                .addSegmentStatus(EventProcessorInfo.SegmentStatus.newBuilder()
                        .setSegmentId(0)
                        .setOnePartOf(1)
                        .setCaughtUp(true))
                .build();
    }

    private record Pausing(AtomicInteger pauses) implements ProcessorInstructionHandler {
        @Override
        public CompletableFuture<Boolean> releaseSegment(int segment) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public CompletableFuture<Boolean> splitSegment(int segment) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public CompletableFuture<Boolean> mergeSegment(int segment) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public CompletableFuture<Void> pauseProcessor() {
            pauses.incrementAndGet();
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> startProcessor() {
            return CompletableFuture.completedFuture(null);
        }
    }

    private static List<String> read(AggregateEventStream stream) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        while (stream.hasNext()) {
            texts.add(text(stream.next().getPayload()));
        }
        return texts;
    }

    private static String next(EventStream stream) throws InterruptedException {
        return text(stream.nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .getEvent()
                .getPayload());
    }

    private static Event event(String aggregate, long sequence, String text) {
        return Event.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setAggregateIdentifier(aggregate)
                .setAggregateSequenceNumber(sequence)
                .setAggregateType(aggregate.isEmpty() ? "" : "Account")
                .setTimestamp(System.currentTimeMillis())
                .setPayload(payload(text))
                .build();
    }

    private static SerializedObject payload(String text) {
        return SerializedObject.newBuilder()
                .setType("text")
                .setData(ByteString.copyFromUtf8(text))
                .build();
    }

    private static String text(SerializedObject payload) {
        return payload.getData().toStringUtf8();
    }

    private static void check(String what, Object actual, Object expected) {
        if (!expected.equals(actual)) {
            throw new IllegalStateException(what + ": expected " + expected + ", got " + actual);
        }
    }

    @Override
    public void close() {
        if (factory != null) {
            factory.shutdown();
        }
    }
}
