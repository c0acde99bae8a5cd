package florin.transfer.saga;

import florin.kit.SimulatedAggregates;
import florin.transfer.api.TransferCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.axonframework.commandhandling.CommandMessageHandler;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.common.lock.NullLockFactory;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.modelling.command.AggregateAnnotationCommandHandler;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.axonframework.modelling.command.inspection.AggregateModel;
import org.axonframework.modelling.command.inspection.AnnotatedAggregateMetaModelFactory;
import org.axonframework.serialization.Serializer;

/** The door by which the simulation comes to the transfers: the aggregate, the saga, the view and the reconciler. */
public final class SimulatedTransfers {

    public static final String TIME_LIMIT = TransferSaga.TIME_LIMIT;

    private static final AggregateModel<Transfer> MODEL =
            AnnotatedAggregateMetaModelFactory.inspectAggregate(Transfer.class);

    private SimulatedTransfers() {}

    /** Settings of the service, checked as they are there. */
    public static Settings settings(
            Duration timeLimit, int attempts, Duration reconcileEvery, Duration reconcileAfter, Duration lookBack) {
        return new Settings(new TransferProperties(timeLimit, attempts, reconcileEvery, reconcileAfter, lookBack));
    }

    public static CommandMessageHandler handler(EventStore events, SimulatedAggregates aggregates) {
        return AggregateAnnotationCommandHandler.<Transfer>builder()
                .aggregateType(Transfer.class)
                .aggregateModel(MODEL)
                .commandTargetResolver(command ->
                        new VersionedAggregateIdentifier(((TransferCommand) command.getPayload()).transferId(), null))
                .repository(aggregates.ofMostlyNew(
                        EventSourcingRepository.builder(Transfer.class)
                                .aggregateModel(MODEL)
                                .lockFactory(NullLockFactory.INSTANCE),
                        events))
                .build();
    }

    /** What drives the sagas of a process, which has none in memory yet. */
    public static SimulatedSaga saga(
            SimulatedSagaRows sagas,
            CommandGateway gateway,
            Settings settings,
            Serializer serializer,
            LongSupplier nanoTime) {
        return new SimulatedSaga(sagas.rows(), new StepCommands(gateway, settings.properties), serializer, nanoTime);
    }

    /** One look of the reconciler at what the view shows, at a time. */
    public static Consumer<Instant> reconciler(SimulatedView view, CommandGateway gateway, Settings settings) {
        return new TransferReconciler(
                view.rows(),
                view.timelines(),
                new StepCommands(gateway, settings.properties),
                settings.properties,
                () -> {})::reconcile;
    }

    /** What {@link TransferProperties} hold. */
    public static final class Settings {

        private final TransferProperties properties;

        private Settings(TransferProperties properties) {
            this.properties = properties;
        }

        public Duration reconcileEvery() {
            return properties.reconcileEvery();
        }

        public Duration lookBack() {
            return properties.lookBack();
        }

        @Override
        public String toString() {
            return properties.toString();
        }
    }
}
