package florin.kit;

import java.util.List;
import java.util.Optional;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.messaging.DefaultInterceptorChain;
import org.axonframework.messaging.InterceptorChain;
import org.axonframework.messaging.MessageHandler;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.ResultMessage;
import org.axonframework.messaging.unitofwork.BatchingUnitOfWork;
import org.axonframework.messaging.unitofwork.RollbackConfigurationType;
import org.axonframework.messaging.unitofwork.UnitOfWork;

/** The door by which the simulation comes to batches: a unit of work as an event processor's, which ends some time after it began. */
public final class SimulatedBatch extends BatchingUnitOfWork<EventMessage<?>> {

    private final List<MessageHandlerInterceptor<? super EventMessage<?>>> interceptors;
    private boolean isHandled;

    /** {@code isWrittenLast} as it must be, but for a deliberate bug. */
    public SimulatedBatch(List<EventMessage<?>> events, boolean isWrittenLast) {
        super(events);
        interceptors = List.of(isWrittenLast ? new EventBatch.Handling() : new WrittenFirst());
    }

    /** Has each event handled; gives what one of them failed with, after which nothing of the batch stands. */
    public Optional<Throwable> handle(MessageHandler<EventMessage<?>> handler) {
        ResultMessage<?> result = executeWithResult(
                () -> new DefaultInterceptorChain<EventMessage<?>>(this, interceptors, handler).proceed(),
                RollbackConfigurationType.ANY_THROWABLE);
        isHandled = true;
        return result.isExceptional() ? Optional.of(result.exceptionResult()) : Optional.empty();
    }

    /** Not when its events are handled, but when it is asked for after that. */
    @Override
    public void commit() {
        if (isHandled) {
            super.commit();
        }
    }

    /** A deliberate bug: what all events have in common is written behind what the first of them has registered. */
    private static final class WrittenFirst implements MessageHandlerInterceptor<EventMessage<?>> {

        @Override
        public Object handle(UnitOfWork<? extends EventMessage<?>> unit, InterceptorChain chain) throws Exception {
            Object result = chain.proceed();
            if (((SimulatedBatch) unit).isFirstMessage()) {
                unit.onPrepareCommit(EventBatch::write);
            }
            return result;
        }
    }
}
