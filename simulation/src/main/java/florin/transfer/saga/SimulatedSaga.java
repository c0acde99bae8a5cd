package florin.transfer.saga;

import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.axonframework.common.lock.NullLockFactory;
import org.axonframework.deadline.DeadlineManager;
import org.axonframework.deadline.DeadlineMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.Segment;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.annotation.ClasspathParameterResolverFactory;
import org.axonframework.messaging.annotation.MultiParameterResolverFactory;
import org.axonframework.messaging.annotation.ParameterResolver;
import org.axonframework.messaging.annotation.ParameterResolverFactory;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.modelling.saga.AnnotatedSagaManager;
import org.axonframework.modelling.saga.metamodel.AnnotationSagaMetaModelFactory;
import org.axonframework.modelling.saga.metamodel.SagaModel;
import org.axonframework.modelling.saga.repository.AnnotatedSagaRepository;
import org.axonframework.serialization.Serializer;

/**
 * The sagas of a process and their deadlines, with the service's store and an error handler that propagates, as there.
 *
 * <p>What Axon finds out about the class is found out once; what its handlers are given comes from the unit of work.
 */
public final class SimulatedSaga {

    private static final AnnotationSagaMetaModelFactory MODELS =
            new AnnotationSagaMetaModelFactory(MultiParameterResolverFactory.ordered(
                    ClasspathParameterResolverFactory.forClass(TransferSaga.class), fromUnitOfWork()));
    private static final SagaModel<TransferSaga> MODEL = MODELS.modelOf(TransferSaga.class);

    private final AnnotatedSagaManager<TransferSaga> manager;
    private final StepCommands commands;
    private final SagaDeadlines deadlines;

    SimulatedSaga(SagaRows rows, StepCommands commands, Serializer serializer, LongSupplier nanoTime) {
        this.commands = commands;
        TransferSagaStore store = new TransferSagaStore(rows, serializer, nanoTime::getAsLong);
        manager = AnnotatedSagaManager.<TransferSaga>builder()
                .sagaType(TransferSaga.class)
                .sagaModel(MODEL)
                .sagaFactory(TransferSaga::new)
                .listenerInvocationErrorHandler(PropagatingErrorHandler.instance())
                .sagaRepository(AnnotatedSagaRepository.<TransferSaga>builder()
                        .sagaType(TransferSaga.class)
                        .sagaModel(MODEL)
                        .interceptorMemberChain(MODELS.chainedInterceptor(TransferSaga.class))
                        .sagaStore(store)
                        .lockFactory(NullLockFactory.INSTANCE)
                        .build())
                .build();
        deadlines =
                new SagaDeadlines(rows, store, scope -> Stream.of(manager), null, GenericEventMessage.clock, () -> {});
    }

    /** Within a unit of work. */
    public void handle(EventMessage<?> event) throws Exception {
        provide();
        manager.handle(event, Segment.ROOT_SEGMENT);
    }

    /** Within the unit of work of its message. */
    public void carryOut(DeadlineMessage<String> message, SimulatedSagaRows.Deadline deadline) throws Exception {
        provide();
        deadlines.handle(message, deadline.sagaId(), deadline.deadline());
    }

    private void provide() {
        CurrentUnitOfWork.get().resources().put(StepCommands.class.getName(), commands);
        CurrentUnitOfWork.get().resources().put(DeadlineManager.class.getName(), deadlines);
    }

    private static ParameterResolverFactory fromUnitOfWork() {
        return (executable, parameters, index) -> Optional.of(parameters[index].getType())
                .filter(type -> type == StepCommands.class || type == DeadlineManager.class)
                .<ParameterResolver<?>>map(type -> new ParameterResolver<Object>() {
                    @Override
                    public Object resolveParameterValue(Message<?> message) {
                        return CurrentUnitOfWork.get().getResource(type.getName());
                    }

                    @Override
                    public boolean matches(Message<?> message) {
                        return true;
                    }
                })
                .orElse(null);
    }
}
