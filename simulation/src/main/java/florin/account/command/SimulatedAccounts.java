package florin.account.command;

import florin.account.api.AccountCommand;
import florin.kit.SimulatedAggregates;
import florin.transfer.api.TransferLife;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.axonframework.commandhandling.CommandMessageHandler;
import org.axonframework.common.lock.NullLockFactory;
import org.axonframework.eventsourcing.EventSourcingRepository;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.annotation.ClasspathParameterResolverFactory;
import org.axonframework.messaging.annotation.MultiParameterResolverFactory;
import org.axonframework.messaging.annotation.ParameterResolverFactory;
import org.axonframework.messaging.annotation.SimpleResourceParameterResolverFactory;
import org.axonframework.modelling.command.AggregateAnnotationCommandHandler;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.axonframework.modelling.command.inspection.AggregateModel;
import org.axonframework.modelling.command.inspection.AnnotatedAggregateMetaModelFactory;

/** The door by which the simulation comes to the accounts: the aggregate behind its own command handlers. */
public final class SimulatedAccounts {

    private static final Map<IdempotencyWindow, AggregateModel<Account>> MODELS = new ConcurrentHashMap<>();

    private SimulatedAccounts() {}

    /** The shortest time that can be set; {@code kept} and {@code most} as in the settings of an account's memory. */
    public static CommandMessageHandler handler(
            EventStore events, SimulatedAggregates aggregates, int kept, int most, int eventsPerSnapshot) {
        AggregateModel<Account> model = MODELS.computeIfAbsent(
                new IdempotencyWindow(TransferLife.SHORTEST_MEMORY, kept, most),
                window -> AnnotatedAggregateMetaModelFactory.inspectAggregate(Account.class, parameters(window)));
        return AggregateAnnotationCommandHandler.<Account>builder()
                .aggregateType(Account.class)
                .aggregateModel(model)
                .commandTargetResolver(command ->
                        new VersionedAggregateIdentifier(((AccountCommand) command.getPayload()).iban(), null))
                .repository(aggregates.of(
                        EventSourcingRepository.builder(Account.class)
                                .snapshotTriggerDefinition(new AccountSnapshots(events, eventsPerSnapshot))
                                .aggregateModel(model)
                                .lockFactory(NullLockFactory.INSTANCE),
                        events))
                .build();
    }

    private static ParameterResolverFactory parameters(IdempotencyWindow window) {
        return MultiParameterResolverFactory.ordered(
                ClasspathParameterResolverFactory.forClass(Account.class),
                new SimpleResourceParameterResolverFactory(List.of(window)));
    }
}
