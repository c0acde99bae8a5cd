package florin.account.command;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.account.api.AccountCommand;
import florin.account.api.AccountEvent;
import florin.account.api.Iban;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.axonframework.commandhandling.CommandBus;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.config.AggregateConfigurer;
import org.axonframework.config.Configuration;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventhandling.DomainEventData;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventEntry;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
import org.axonframework.eventsourcing.eventstore.inmemory.InMemoryEventStorageEngine;
import org.axonframework.eventsourcing.snapshotting.SnapshotFilter;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;

/** Accounts in memory behind Axon's own machinery; their snapshots are written as JSON and filtered as in production. */
final class AccountStore implements AutoCloseable {

    static final IdempotencyWindow WINDOW = new IdempotencyWindow(Duration.ofDays(30), 10_000, 100_000);
    static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

    private final Serializer serializer = Jackson3Serializer.builder()
            .jsonMapperBuilderCustomizer(builder -> builder.changeDefaultVisibility(visibility -> visibility
                    .withFieldVisibility(Visibility.ANY)
                    .withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE)
                    .withSetterVisibility(Visibility.NONE)))
            .build();
    private final Map<String, DomainEventData<String>> snapshots = new ConcurrentHashMap<>();
    private final InMemoryEventStorageEngine events = new Engine();
    private final Configuration axon;
    private boolean isReplay;
    private Class<?> refused = Void.class;

    AccountStore(int eventsPerSnapshot) {
        this(eventsPerSnapshot, WINDOW);
    }

    AccountStore(int eventsPerSnapshot, IdempotencyWindow window) {
        axon = DefaultConfigurer.defaultConfiguration(false)
                .configureSerializer(configuration -> serializer)
                .registerComponent(IdempotencyWindow.class, configuration -> window)
                .configureEmbeddedEventStore(configuration -> events)
                .configureAggregate(AggregateConfigurer.defaultConfiguration(Account.class)
                        .configureSnapshotTrigger(
                                configuration -> new AccountSnapshots(configuration.eventStore(), eventsPerSnapshot)))
                .start();
    }

    /** What the account answers: its payload, or the exception. */
    Object send(AccountCommand command) {
        AtomicReference<CommandResultMessage<?>> result = new AtomicReference<>();
        CommandBus bus = axon.commandBus();
        CommandMessage<Object> message = GenericCommandMessage.asCommandMessage(command);
        bus.dispatch(message, (sent, answer) -> result.set(answer));
        return result.get().isExceptional()
                ? result.get().exceptionResult()
                : result.get().getPayload();
    }

    /** What a snapshot of the account would be, if it were read from all its events. */
    String replayed(Iban iban) {
        isReplay = true;
        try {
            return DefaultUnitOfWork.startAndGet(GenericCommandMessage.asCommandMessage("look"))
                    .executeWithResult(() -> axon.repository(Account.class)
                            .load(iban.value())
                            .invoke(account ->
                                    serializer.serialize(account, String.class).getData()))
                    .getPayload();
        } finally {
            isReplay = false;
        }
    }

    /** The event store refuses the next events, or snapshots, as one that is away. */
    void refuseNext(Class<?> payload) {
        refused = payload;
    }

    /** Of another store. */
    void append(List<? extends DomainEventMessage<?>> others) {
        events.appendEvents(others);
    }

    List<AccountEvent> events(Iban iban) {
        return events.readEvents(iban.value(), 0)
                .asStream()
                .<AccountEvent>map(message -> (AccountEvent) message.getPayload())
                .toList();
    }

    Optional<DomainEventData<String>> snapshot(Iban iban) {
        return Optional.ofNullable(snapshots.get(iban.value()));
    }

    void dropSnapshot(Iban iban) {
        snapshots.remove(iban.value());
    }

    /** Puts another snapshot in the place of an account's. */
    void replaceSnapshot(Iban iban, String revision, String json) {
        DomainEventData<String> old = snapshots.get(iban.value());
        snapshots.put(
                iban.value(),
                entry(old.getType(), iban.value(), old.getSequenceNumber(), Account.class, revision, json));
    }

    @Override
    public void close() {
        axon.shutdown();
    }

    private static DomainEventData<String> entry(
            String type, String identifier, long sequence, Class<?> payload, String revision, String json) {
        return new GenericDomainEventEntry<>(
                type,
                identifier,
                sequence,
                "snapshot",
                "2026-01-01T00:00:00Z",
                payload.getName(),
                revision,
                json,
                "{}");
    }

    private final class Engine extends InMemoryEventStorageEngine {

        @Override
        public void appendEvents(List<? extends EventMessage<?>> messages) {
            messages.forEach(this::refuse);
            super.appendEvents(messages);
        }

        private void refuse(EventMessage<?> message) {
            if (refused.isAssignableFrom(message.getPayloadType())) {
                refused = Void.class;
                throw new EventStoreException("Away");
            }
        }

        @Override
        public void storeSnapshot(DomainEventMessage<?> snapshot) {
            refuse(snapshot);
            SerializedObject<String> json = snapshot.serializePayload(serializer, String.class);
            snapshots.put(
                    snapshot.getAggregateIdentifier(),
                    entry(
                            snapshot.getType(),
                            snapshot.getAggregateIdentifier(),
                            snapshot.getSequenceNumber(),
                            snapshot.getPayloadType(),
                            json.getType().getRevision(),
                            json.getData()));
        }

        @Override
        public Optional<DomainEventMessage<?>> readSnapshot(String aggregateIdentifier) {
            SnapshotFilter filter = axon.snapshotFilter();
            return Optional.ofNullable(isReplay ? null : snapshots.get(aggregateIdentifier))
                    .filter(filter::allow)
                    .map(data -> new GenericDomainEventMessage<>(
                            data.getType(),
                            aggregateIdentifier,
                            data.getSequenceNumber(),
                            serializer.deserialize(data.getPayload())));
        }
    }
}
