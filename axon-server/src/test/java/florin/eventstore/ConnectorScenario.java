package florin.eventstore;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.FlowControl;
import io.axoniq.axonserver.connector.Registration;
import io.axoniq.axonserver.connector.ReplyChannel;
import io.axoniq.axonserver.connector.ResultStream;
import io.axoniq.axonserver.connector.admin.AdminChannel;
import io.axoniq.axonserver.connector.control.ControlChannel;
import io.axoniq.axonserver.connector.control.ProcessorInstructionHandler;
import io.axoniq.axonserver.connector.event.AggregateEventStream;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.event.EventStream;
import io.axoniq.axonserver.connector.event.PersistentStream;
import io.axoniq.axonserver.connector.event.PersistentStreamCallbacks;
import io.axoniq.axonserver.connector.event.PersistentStreamProperties;
import io.axoniq.axonserver.connector.event.PersistentStreamSegment;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.connector.query.QueryChannel;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.connector.query.QueryHandler;
import io.axoniq.axonserver.connector.query.SubscriptionQueryResult;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.admin.EventProcessor;
import io.axoniq.axonserver.grpc.admin.Result;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.Heartbeat;
import io.axoniq.axonserver.grpc.control.PlatformInboundInstruction;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction.RequestCase;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryUpdate;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.streams.PersistentStreamEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * What an application does with a connector, in calls that every version from 4.6 on has, but for persistent streams, which
 * later ones have. It is loaded with each version's libraries and nothing else, so it uses the connector and the JDK only.
 *
 * <p>Given the port of a node it does everything once, and returns what its event processor, {@code projection} of the
 * component {@code scenario}, was asked for, to which is added what it is asked for afterwards.
 */
public final class ConnectorScenario implements IntFunction<List<String>>, AutoCloseable {
    private static final int TIMEOUT_SECONDS = 30;

    private AxonServerConnectionFactory factory;

    @Override
    public List<String> apply(int port) {
        factory = AxonServerConnectionFactory.forClient("scenario", "scenario-" + UUID.randomUUID())
                .routingServers(new ServerAddress("localhost", port))
                .connectTimeout(5, TimeUnit.SECONDS)
                .processorInfoUpdateFrequency(200, TimeUnit.MILLISECONDS)
                .build();
        AxonServerConnection connection = factory.connect("default");
        try {
            storesAndReads(connection.eventChannel());
            exchangesHeartbeats(connection.controlChannel());
            schedules(connection.eventChannel());
            sendsACommand(connection);
            asksAndSubscribes(connection);
            gathersAndStreams(connection.queryChannel());
            if (knowsPersistentStreams()) {
                PersistentStreams.read(connection.eventChannel());
            }
            return reportsAProcessor(connection);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void exchangesHeartbeats(ControlChannel control) throws Exception {
        CompletableFuture<Void> heard = new CompletableFuture<>();
        control.registerInstructionHandler(RequestCase.HEARTBEAT, (heartbeat, reply) -> heard.complete(null))
                .awaitAck(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        control.sendInstruction(PlatformInboundInstruction.newBuilder()
                        .setInstructionId(UUID.randomUUID().toString())
                        .setHeartbeat(Heartbeat.getDefaultInstance())
                        .build())
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        heard.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        control.enableHeartbeat(200, 30_000, TimeUnit.MILLISECONDS);
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
        check("token of long ago", events.getTokenAt(0).get(TIMEOUT_SECONDS, TimeUnit.SECONDS), -1L);
        check("snapshots", read(events.loadSnapshots("account", 0, Long.MAX_VALUE, 10)), List.of("snapshot"));
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
        String first = events.scheduleEvent(Instant.now().plusSeconds(3600), event("", 0, "never"))
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        String never = events.reschedule(first, Instant.now().plusSeconds(7200), event("", 0, "never either"))
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
        try (ResultStream<QueryResponse> results = connection.queryChannel().query(query("FindBalance", 1, false))) {
            QueryResponse result = results.nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            check("the result", text(result.getPayload()), "100");
        }
        SubscriptionQueryResult subscription =
                connection.queryChannel().subscriptionQuery(query("FindBalance", 1, false), payload(""), 16, 4);
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
            channel.sendLast(result(request, "100"));
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

    private static void gathersAndStreams(QueryChannel queries) throws Exception {
        Numbers numbers = new Numbers();
        queries.registerQueryHandler(numbers, new QueryDefinition("Count", Integer.class.getName()))
                .awaitAck(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        try (ResultStream<QueryResponse> results = queries.query(query("Count", -1, false))) {
            check("the component's part", next(results), "all");
            check("more parts", results.nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS) != null, false);
        }
        try (ResultStream<QueryResponse> results = queries.query(query("Count", 1, true))) {
            for (int i = 0; i < 500; i++) {
                check("a result of many", next(results), Integer.toString(i));
            }
        }
        numbers.cancelled.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        check("held back", numbers.sent.get() < 5000, true);
    }

    private static String next(ResultStream<QueryResponse> results) throws InterruptedException {
        return text(results.nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS).getPayload());
    }

    /** Endless to whoever lets them come one by one. */
    private static final class Numbers implements QueryHandler {
        private final AtomicInteger sent = new AtomicInteger();
        private final CompletableFuture<Void> cancelled = new CompletableFuture<>();

        @Override
        public void handle(QueryRequest request, ReplyChannel<QueryResponse> channel) {
            channel.sendLast(result(request, "all"));
        }

        @Override
        public FlowControl stream(QueryRequest request, ReplyChannel<QueryResponse> channel) {
            if (request.getProcessingInstructionsList().stream()
                    .noneMatch(instruction -> instruction.getKey() == ProcessingKey.CLIENT_SUPPORTS_STREAMING
                            && instruction.getValue().getBooleanValue())) {
                return QueryHandler.super.stream(request, channel);
            }
            return new FlowControl() {
                @Override
                public void request(long count) {
                    for (long i = 0; i < count; i++) {
                        channel.send(result(request, Integer.toString(sent.getAndIncrement())));
                    }
                }

                @Override
                public void cancel() {
                    cancelled.complete(null);
                }
            };
        }
    }

    private static QueryResponse result(QueryRequest request, String text) {
        return QueryResponse.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setRequestIdentifier(request.getMessageIdentifier())
                .setPayload(payload(text))
                .build();
    }

    private static QueryRequest query(String name, int results, boolean streaming) {
        return QueryRequest.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setQuery(name)
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.NR_OF_RESULTS)
                        .setValue(MetaDataValue.newBuilder().setNumberValue(results)))
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.CLIENT_SUPPORTS_STREAMING)
                        .setValue(MetaDataValue.newBuilder().setBooleanValue(streaming)))
                .build();
    }

    private static boolean knowsPersistentStreams() {
        try {
            Class.forName(EventChannel.class.getPackageName() + ".PersistentStream");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** A class of its own: it is not loaded by connectors that lack what it uses. */
    private static final class PersistentStreams {
        private PersistentStreams() {}

        static void read(EventChannel events) throws Exception {
            BlockingQueue<String> read = new LinkedBlockingQueue<>();
            PersistentStreamCallbacks callbacks = new PersistentStreamCallbacks(
                    segment -> {}, segment -> {}, segment -> take(segment, read), reason -> {});
            PersistentStream stream = events.openPersistentStream(
                    "scenario",
                    16,
                    8,
                    callbacks,
                    new PersistentStreamProperties("scenario", 1, "SequentialPolicy", List.of(), "2", ""));
            check("from position 2", read.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS), "debited");
            check("in order", read.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS), "closed");
            stream.close();
        }

        private static void take(PersistentStreamSegment segment, BlockingQueue<String> read) {
            for (PersistentStreamEvent next = segment.nextIfAvailable();
                    next != null;
                    next = segment.nextIfAvailable()) {
                read.add(text(next.getEvent().getEvent().getPayload()));
                segment.acknowledge(next.getEvent().getToken());
            }
        }
    }

    private static List<String> reportsAProcessor(AxonServerConnection connection) throws Exception {
        List<String> calls = new CopyOnWriteArrayList<>();
        connection
                .controlChannel()
                .registerEventProcessor("projection", ConnectorScenario::processor, new Steered(calls))
                .awaitAck(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        AdminChannel admin = connection.adminChannel();
        String client = clientOfTheProcessor(admin);
        steer(admin.pauseEventProcessor("projection", "store"));
        steer(admin.startEventProcessor("projection", "store"));
        steer(admin.splitEventProcessor("projection", "store"));
        steer(admin.mergeEventProcessor("projection", "store"));
        steer(admin.moveEventProcessorSegment("projection", "store", 0, client)); // where it is already
        return calls;
    }

    private static void steer(CompletableFuture<Result> result) throws Exception {
        check("the instruction's result", result.get(TIMEOUT_SECONDS, TimeUnit.SECONDS), Result.SUCCESS);
    }

    /** Asks until the connector has reported the processor. */
    private static String clientOfTheProcessor(AdminChannel admin) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        EventProcessor processor = null;
        while (processor == null && System.nanoTime() < end) {
            try (ResultStream<EventProcessor> processors = admin.eventProcessorsByComponent("scenario")) {
                processor = processors.nextIfAvailable(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            }
        }
        check("is reported", processor != null, true);
        check("mode", processor.getMode(), "Tracking");
        return processor.getClientInstance(0).getClientId();
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

    private record Steered(List<String> calls) implements ProcessorInstructionHandler {
        @Override
        public CompletableFuture<Boolean> releaseSegment(int segment) {
            return done("release " + segment, true);
        }

        @Override
        public CompletableFuture<Boolean> splitSegment(int segment) {
            return done("split " + segment, true);
        }

        @Override
        public CompletableFuture<Boolean> mergeSegment(int segment) {
            return done("merge " + segment, true);
        }

        @Override
        public CompletableFuture<Void> pauseProcessor() {
            return done("pause", null);
        }

        @Override
        public CompletableFuture<Void> startProcessor() {
            return done("start", null);
        }

        private <T> CompletableFuture<T> done(String call, T result) {
            calls.add(call);
            return CompletableFuture.completedFuture(result);
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
