package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.axonframework.axonserver.connector.AxonServerConfiguration;
import org.axonframework.axonserver.connector.AxonServerConnectionManager;
import org.axonframework.axonserver.connector.event.axon.AxonServerEventScheduler;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.commandhandling.NoHandlerForCommandException;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.config.AggregateConfigurer;
import org.axonframework.config.Configuration;
import org.axonframework.config.Configurer;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventTrackerStatus;
import org.axonframework.eventhandling.StreamingEventProcessor;
import org.axonframework.eventhandling.scheduling.ScheduleToken;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.inmemory.InMemoryTokenStore;
import org.axonframework.eventsourcing.EventCountSnapshotTriggerDefinition;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.AggregateLifecycle;
import org.axonframework.modelling.command.ConcurrencyException;
import org.axonframework.modelling.command.TargetAggregateIdentifier;
import org.axonframework.queryhandling.QueryGateway;
import org.axonframework.queryhandling.QueryHandler;
import org.axonframework.queryhandling.QueryUpdateEmitter;
import org.axonframework.queryhandling.SubscriptionQueryResult;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;

/** An ordinary application of Axon Framework in front of the node, with nothing that knows whose server it is. */
class AxonFrameworkTest {
    record OpenCounter(@TargetAggregateIdentifier String counter) {}

    record Increase(@TargetAggregateIdentifier String counter, int by) {}

    record CounterOpened(String counter) {}

    record Increased(String counter, int by) {}

    record FindHistory(String counter) {}

    record CountUp(int to) {}

    record Unhandled(@TargetAggregateIdentifier String counter) {}

    static class Counter {
        @AggregateIdentifier
        public String identifier;

        public int value;

        Counter() {}

        @CommandHandler
        Counter(OpenCounter command) {
            AggregateLifecycle.apply(new CounterOpened(command.counter()));
        }

        @CommandHandler
        int handle(Increase command) {
            if (command.by() < 0) {
                throw new CommandExecutionException("only upwards", null, "negative");
            }
            AggregateLifecycle.apply(new Increased(command.counter(), command.by()));
            return value;
        }

        @EventSourcingHandler
        void on(CounterOpened event) {
            identifier = event.counter();
        }

        @EventSourcingHandler
        void on(Increased event) {
            value += event.by();
        }
    }

    static class History {
        private final List<Integer> steps = new CopyOnWriteArrayList<>();
        private final QueryUpdateEmitter emitter;

        History(QueryUpdateEmitter emitter) {
            this.emitter = emitter;
        }

        @EventHandler
        void on(Increased event) {
            steps.add(event.by());
            emitter.emit(FindHistory.class, query -> query.counter().equals(event.counter()), event.by());
        }

        @QueryHandler
        List<Integer> handle(FindHistory query) {
            return List.copyOf(steps);
        }

        @QueryHandler
        Flux<Integer> handle(CountUp query) {
            return Flux.range(0, query.to());
        }
    }

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path data;

    private AxonServerNode node;
    private Configuration application;

    @BeforeEach
    void start() {
        node = AxonServerNode.start(NodeConfiguration.of(data, 0, 0));
        application = application("application");
        awaitSubscriptions(application);
    }

    @AfterEach
    void stop() {
        application.shutdown();
        node.close();
    }

    private Configuration application(String name) {
        Configurer configurer = DefaultConfigurer.defaultConfiguration()
                .registerComponent(AxonServerConfiguration.class, configuration -> AxonServerConfiguration.builder()
                        .servers("localhost:" + node.grpcPort())
                        .componentName(name)
                        .build())
                .configureSerializer(
                        configuration -> Jackson3Serializer.builder().build())
                .registerComponent(TokenStore.class, configuration -> new InMemoryTokenStore())
                .configureAggregate(AggregateConfigurer.defaultConfiguration(Counter.class)
                        .configureSnapshotTrigger(configuration ->
                                new EventCountSnapshotTriggerDefinition(configuration.snapshotter(), 5)));
        configurer.registerMessageHandler(configuration -> new History(configuration.queryUpdateEmitter()));
        return configurer.start();
    }

    /** An application has started before its subscriptions have reached the node: waits for all of them. */
    private static void awaitSubscriptions(Configuration application) {
        CommandGateway commands = application.commandGateway();
        QueryGateway queries = application.queryGateway();
        ConditionFactory soon = await().atMost(PATIENCE);
        soon.ignoreException(NoHandlerForCommandException.class)
                .untilAsserted(() -> commands.sendAndWait(new OpenCounter("first")));
        soon.untilAsserted(() -> assertThatThrownBy(() -> commands.sendAndWait(new Increase("first", -1)))
                .isInstanceOf(CommandExecutionException.class));
        soon.untilAsserted(() -> assertThat(
                        queries.query(new FindHistory("first"), ResponseTypes.multipleInstancesOf(Integer.class)))
                .succeedsWithin(PATIENCE));
        soon.untilAsserted(() -> assertThat(Flux.from(queries.streamingQuery(new CountUp(1), Integer.class))
                        .collectList()
                        .block(PATIENCE))
                .hasSize(1));
    }

    @Test
    void anAggregateIsCreatedChangedAndLoadedAgain() {
        CommandGateway commands = application.commandGateway();
        String identifier = commands.sendAndWait(new OpenCounter("c-1"));
        assertThat(identifier).isEqualTo("c-1");
        for (int i = 1; i <= 12; i++) {
            int value = commands.sendAndWait(new Increase("c-1", 1));
            assertThat(value).isEqualTo(i);
        }
        EventStore store = application.eventStore();
        assertThat(store.lastSequenceNumberFor("c-1")).contains(12L);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(store.readEvents("c-1").next().getSequenceNumber())
                        .as("a snapshot comes first")
                        .isPositive());
        int value = commands.sendAndWait(new Increase("c-1", 8));
        assertThat(value).isEqualTo(20);
    }

    @Test
    void aSecondAggregateWithOneIdentifierIsRefused() {
        application.commandGateway().sendAndWait(new OpenCounter("c-1"));

        assertThatThrownBy(() -> application.commandGateway().sendAndWait(new OpenCounter("c-1")))
                .satisfies(thrown -> assertThat(thrown.toString() + thrown.getCause())
                        .containsAnyOf("AXONIQ-2000", ConcurrencyException.class.getSimpleName()));
    }

    @Test
    void aHandlersExceptionReachesTheSenderWithItsDetails() {
        application.commandGateway().sendAndWait(new OpenCounter("c-1"));

        assertThatThrownBy(() -> application.commandGateway().sendAndWait(new Increase("c-1", -1)))
                .isInstanceOfSatisfying(
                        CommandExecutionException.class,
                        thrown -> assertThat(thrown.<String>getDetails()).contains("negative"));
    }

    @Test
    void aCommandThatNobodyHandlesIsNamedSo() {
        assertThatThrownBy(() -> application.commandGateway().sendAndWait(new Unhandled("c-1")))
                .isInstanceOf(NoHandlerForCommandException.class);
    }

    @Test
    void anEventProcessorSeesEventsAndItsUpdatesReachASubscriptionQuery() {
        CommandGateway commands = application.commandGateway();
        QueryGateway queries = application.queryGateway();
        commands.sendAndWait(new OpenCounter("c-1"));
        try (SubscriptionQueryResult<List<Integer>, Integer> subscription = queries.subscriptionQuery(
                new FindHistory("c-1"),
                ResponseTypes.multipleInstancesOf(Integer.class),
                ResponseTypes.instanceOf(Integer.class))) {
            assertThat(subscription.initialResult().block(PATIENCE)).isEmpty();
            commands.sendAndWait(new Increase("c-1", 7));
            assertThat(subscription.updates().blockFirst(PATIENCE)).isEqualTo(7);
        }
    }

    @Test
    void pointScatterGatherAndStreamingQueriesAreAnswered() throws Exception {
        QueryGateway queries = application.queryGateway();
        assertThat(queries.query(new FindHistory("c-1"), ResponseTypes.multipleInstancesOf(Integer.class))
                        .get(30, TimeUnit.SECONDS))
                .isEmpty();
        assertThat(queries.scatterGather(
                        new FindHistory("c-1"), ResponseTypes.multipleInstancesOf(Integer.class), 30, TimeUnit.SECONDS))
                .hasSize(1);
        assertThat(Flux.from(queries.streamingQuery(new CountUp(500), Integer.class))
                        .collectList()
                        .block(PATIENCE))
                .hasSize(500)
                .startsWith(0, 1, 2)
                .endsWith(499);
        assertThat(Flux.from(queries.streamingQuery(new CountUp(1_000_000), Integer.class))
                        .take(10)
                        .collectList()
                        .block(PATIENCE))
                .hasSize(10);
    }

    @Test
    void scheduledEventsArePublishedUnlessTheyAreCancelledOrReplaced() {
        AxonServerEventScheduler scheduler = AxonServerEventScheduler.builder()
                .connectionManager(application.getComponent(AxonServerConnectionManager.class))
                .eventSerializer(application.eventSerializer())
                .build();
        scheduler.start();
        ScheduleToken cancelled = scheduler.schedule(Duration.ofHours(1), new Increased("c-1", 1));
        scheduler.cancelSchedule(cancelled);
        ScheduleToken replaced = scheduler.schedule(Duration.ofHours(1), new Increased("c-1", 2));
        scheduler.reschedule(replaced, Duration.ofMillis(100), new Increased("c-1", 3));

        QueryGateway queries = application.queryGateway();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        queries.query(new FindHistory("c-1"), ResponseTypes.multipleInstancesOf(Integer.class))
                                .get(30, TimeUnit.SECONDS))
                .containsExactly(3));
    }

    @Test
    void anEventProcessorIsPausedStartedSplitAndMerged() throws Exception {
        StreamingEventProcessor processor = (StreamingEventProcessor) application
                .eventProcessingConfiguration()
                .eventProcessors()
                .values()
                .iterator()
                .next();
        await().atMost(PATIENCE).until(() -> steer(processor, "pause") == 200);
        assertThat(processor.isRunning()).isFalse();
        assertThat(steer(processor, "start")).isEqualTo(200);
        assertThat(processor.isRunning()).isTrue();

        // Its segment is known once it has claimed it and told so.
        await().atMost(PATIENCE).until(() -> steer(processor, "segments/split") == 200);
        await().atMost(PATIENCE).until(() -> mask(processor) == 1);
        await().atMost(PATIENCE).until(() -> steer(processor, "segments/merge") == 200);
        await().atMost(PATIENCE).until(() -> mask(processor) == 0);
    }

    /** Of the segment that it certainly has: 0 if that is all there is, 1 if it is a half. */
    private static int mask(StreamingEventProcessor processor) {
        EventTrackerStatus status = processor.processingStatus().get(0);
        return status == null ? -1 : status.getSegment().getMask();
    }

    private int steer(StreamingEventProcessor processor, String action) throws Exception {
        URI address = URI.create("http://127.0.0.1:" + node.httpPort() + "/v1/components/application/processors/"
                + processor.getName() + '/' + action + "?context=default&tokenStoreIdentifier="
                + processor.getTokenStoreIdentifier());
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address)
                                .method("PATCH", HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
