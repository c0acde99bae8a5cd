package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import florin.kit.EventStoreMark.OtherEventStoreException;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.event.EventChannel;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.config.Configuration;
import org.axonframework.config.Configurer;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GlobalSequenceTrackingToken;
import org.axonframework.eventsourcing.eventstore.inmemory.InMemoryEventStorageEngine;
import org.axonframework.messaging.GenericMessage;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Each context of a real event store is an event store of its own. */
class EventStoreMarkTest {

    private static final Duration PATIENCE = Duration.ofSeconds(25);
    private static final String AWAY = "The event store is away";

    private final Serializer serializer = Jackson3Serializer.builder().build();
    private AxonServerConnectionFactory factory;
    private JdbcClient database;

    @BeforeEach
    void connect() {
        factory = AxonServerConnectionFactory.forClient("event-store-mark", "1")
                .routingServers(new ServerAddress("localhost", TestPlatform.axonServerPort()))
                .build();
        database = JdbcClient.create(
                new DriverManagerDataSource(TestPlatform.freshDatabaseUrl("mark"), "postgres", "postgres"));
        int unused = database.sql(
                        "CREATE TABLE token_entry (processor_name TEXT, segment INTEGER, token BYTEA, token_type TEXT,"
                                + " timestamp TEXT, owner TEXT, PRIMARY KEY (processor_name, segment))")
                .update();
    }

    @AfterEach
    void disconnect() {
        factory.shutdown();
    }

    @Test
    void a_service_goes_on_with_the_event_store_that_it_knows() throws Exception {
        EventChannel store = storeOf(3);
        EventStoreMark mark = markOf(store);
        mark.check();
        token("first", 1);
        token("second", 2);
        mark.check();
        assertThat(marks()).isOne();

        append(store, 2);
        token("first", 4);
        mark.check();
        markOf(store).check();
        assertThat(marks()).isOne();
    }

    @Test
    void events_that_come_while_it_looks_make_no_other_event_store() throws Exception {
        EventChannel store = storeOf(1);
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Long> writing = CompletableFuture.supplyAsync(() -> {
            long last = 0;
            while (!stop.get()) {
                append(store, 1);
                token("processor", ++last);
            }
            return last;
        });
        EventStoreMark mark = markOf(store);
        for (int look = 0; look < 200; look++) {
            mark.check();
        }
        stop.set(true);
        assertThat(writing.join()).isPositive();
    }

    @Test
    void it_does_not_start_with_one_that_has_not_come_so_far() {
        EventChannel store = storeOf(3);
        token("processor", 3);

        assertThatThrownBy(() -> markOf(store).start())
                .isInstanceOf(OtherEventStoreException.class)
                .hasMessageContaining("event 3")
                .hasMessageContaining("last is 2");
    }

    @Test
    void it_does_not_start_with_one_that_has_gone_further_with_other_events() throws Exception {
        token("processor", 2);
        markOf(storeOf(3)).check();

        assertThatThrownBy(() -> markOf(storeOf(9)).start())
                .isInstanceOf(OtherEventStoreException.class)
                .hasMessageContaining("place 2");
    }

    @Test
    void nor_with_an_older_one_while_a_projection_is_being_replayed() throws Exception {
        token("processor", 2);
        markOf(storeOf(3)).check();
        token("processor", 0);

        assertThatThrownBy(() -> markOf(storeOf(1)).start()).isInstanceOf(OtherEventStoreException.class);
    }

    @Test
    void a_database_that_was_emptied_goes_with_any() throws Exception {
        token("processor", 2);
        markOf(storeOf(3)).check();
        int unused = database.sql("TRUNCATE token_entry").update();

        EventStoreMark mark = markOf(storeOf(1));
        mark.start();
        mark.stop();
    }

    @Test
    void what_was_away_at_the_start_is_looked_at_before_a_message_of_it_is_handled() throws Exception {
        AtomicReference<EventChannel> store = new AtomicReference<>();
        EventStoreMark mark = markOf(store);
        token("processor", 2);
        mark.start();
        mark.stop();
        assertThatThrownBy(() -> handle(mark)).hasMessage(AWAY);
        assertThatThrownBy(mark::requireKnown).hasMessage(AWAY);

        store.set(storeOf(2));
        assertThatThrownBy(() -> handle(mark)).isInstanceOf(OtherEventStoreException.class);
        assertThatThrownBy(mark::requireKnown).isInstanceOf(OtherEventStoreException.class);

        store.set(storeOf(3));
        assertThat(handle(mark)).isEqualTo("handled");

        store.set(null);
        assertThat(handle(mark)).as("known already").isEqualTo("handled");
        mark.requireKnown();
    }

    private static Object handle(EventStoreMark mark) throws Exception {
        DefaultUnitOfWork<Message<?>> unit = DefaultUnitOfWork.startAndGet(GenericMessage.asMessage("message"));
        try {
            return mark.gate().handle(unit, () -> "handled");
        } finally {
            unit.rollback();
        }
    }

    record Happened(String what) {}

    record Do(String what) {}

    static final class Handlers {
        private final List<Object> handled = new CopyOnWriteArrayList<>();

        @EventHandler
        void on(Happened event) {
            handled.add(event);
        }

        @CommandHandler
        void handle(Do command) {
            handled.add(command);
        }
    }

    @Test
    void neither_a_processor_nor_a_command_handler_begins_before_that() throws Exception {
        AtomicReference<EventChannel> store = new AtomicReference<>();
        EventStoreMark mark = markOf(store);
        Handlers handlers = new Handlers();
        CountDownLatch refused = new CountDownLatch(1);
        Configurer configurer = DefaultConfigurer.defaultConfiguration(false)
                .configureEmbeddedEventStore(configuration -> new InMemoryEventStorageEngine())
                .registerCommandHandler(configuration -> handlers)
                .eventProcessing(processing -> processing
                        .registerEventHandler(configuration -> handlers)
                        .byDefaultAssignTo("processor")
                        .usingPooledStreamingEventProcessors()
                        .registerDefaultHandlerInterceptor((configuration, name) -> telling(refused)));
        new KitAutoConfiguration().eventStoreIsTheOneOfBefore(mark).configureModule(configurer);
        Configuration service = configurer.start();
        try {
            service.eventGateway().publish(new Happened("early"));
            assertThat(refused.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThatThrownBy(() -> service.commandGateway().sendAndWait(new Do("early")))
                    .hasStackTraceContaining(AWAY);
            assertThat(handlers.handled).isEmpty();

            store.set(storeOf(1));
            Object unused = service.commandGateway().sendAndWait(new Do("late"));
            await().atMost(PATIENCE).until(() -> handlers.handled.contains(new Happened("early")));
            assertThat(handlers.handled).containsExactlyInAnyOrder(new Do("late"), new Happened("early"));
        } finally {
            service.shutdown();
        }
    }

    /** That a message was refused. */
    private static MessageHandlerInterceptor<EventMessage<?>> telling(CountDownLatch refused) {
        return (unit, chain) -> {
            try {
                return chain.proceed();
            } catch (IllegalStateException away) {
                refused.countDown();
                throw away;
            }
        };
    }

    private EventStoreMark markOf(AtomicReference<EventChannel> store) {
        return new EventStoreMark(
                () -> {
                    if (store.get() == null) {
                        throw new IllegalStateException(AWAY);
                    }
                    return store.get();
                },
                database,
                serializer);
    }

    private EventStoreMark markOf(EventChannel store) {
        return new EventStoreMark(() -> store, database, serializer);
    }

    private EventChannel storeOf(int events) {
        AxonServerConnection connection = factory.connect("mark-" + UUID.randomUUID());
        await().atMost(PATIENCE).until(connection::isConnected);
        append(connection.eventChannel(), events);
        return connection.eventChannel();
    }

    private static void append(EventChannel store, int events) {
        for (int i = 0; i < events; i++) {
            Event event = Event.newBuilder()
                    .setMessageIdentifier(UUID.randomUUID().toString())
                    .setPayload(
                            SerializedObject.newBuilder().setType("Happened").setData(ByteString.copyFromUtf8("{}")))
                    .build();
            assertThat(store.appendEvents(event)
                            .orTimeout(25, TimeUnit.SECONDS)
                            .join()
                            .getSuccess())
                    .isTrue();
        }
    }

    private void token(String processor, long position) {
        byte[] token = serializer
                .serialize(new GlobalSequenceTrackingToken(position), byte[].class)
                .getData();
        int unused = database.sql(
                        "INSERT INTO token_entry (processor_name, segment, token, token_type) VALUES (?, 0, ?, ?)"
                                + " ON CONFLICT (processor_name, segment) DO UPDATE SET token = excluded.token")
                .param(processor)
                .param(token)
                .param(GlobalSequenceTrackingToken.class.getName())
                .update();
    }

    private long marks() {
        return database.sql("SELECT count(*) FROM token_entry WHERE processor_name = ?")
                .param(EventStoreMark.NAME)
                .query(Long.class)
                .single();
    }
}
