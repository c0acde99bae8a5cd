package florin.kit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.EventProcessingException;
import org.axonframework.messaging.InterceptorChain;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.unitofwork.BatchingUnitOfWork;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;

/**
 * What the events of one unit of work have in common: read for all of them at once, changed by each, and written once, in the
 * transaction and before it commits.
 *
 * <p>A processor hands its handlers the events one by one, but commits them in batches. A statement for each event costs more
 * than what the event says; one for the batch costs the same for one event and for a hundred.
 */
public final class EventBatch {

    private static final String WORKS = EventBatch.class.getName();

    private EventBatch() {}

    /** The messages of this unit of work, those that are still to be handled too. */
    public static List<Message<?>> messages() {
        UnitOfWork<?> unit = CurrentUnitOfWork.get();
        return unit instanceof BatchingUnitOfWork<?> batch
                ? new ArrayList<>(batch.getMessages())
                : List.of(unit.getMessage());
    }

    /**
     * The work of this unit of work under a key: made when it is first asked for, written after every handler has had its
     * turn. If the writing fails nothing of the unit of work stands.
     */
    @SuppressWarnings("unchecked") // Under one key is what was made for it.
    public static <T> T work(String key, Supplier<T> make, Consumer<T> write) {
        UnitOfWork<?> unit = CurrentUnitOfWork.get().root();
        Map<String, Work<?>> works = unit.getOrComputeResource(WORKS, none -> {
            if (!(unit instanceof BatchingUnitOfWork)) {
                // What is registered while the handlers of a phase run comes after all that were registered before.
                unit.onPrepareCommit(first -> first.onPrepareCommit(EventBatch::write));
            }
            return new LinkedHashMap<>();
        });
        return (T) works.computeIfAbsent(key, absent -> new Work<>(make.get(), write))
                .content();
    }

    private record Work<T>(T content, Consumer<T> writer) {
        void write() {
            writer.accept(content);
        }
    }

    static void write(UnitOfWork<?> unit) {
        Map<String, Work<?>> works = unit.root().getResource(WORKS);
        if (works != null) {
            try {
                works.values().forEach(Work::write);
            } catch (Error e) {
                throw asException(e);
            }
            works.clear();
        }
    }

    /** Axon tries a batch again after an exception; an error would leave its transaction open and its segment standing. */
    private static EventProcessingException asException(Error error) {
        return new EventProcessingException("A batch of events ended in " + error, error);
    }

    /** Has the work written behind what the handler of a batch's last event has registered. */
    static final class Handling implements MessageHandlerInterceptor<EventMessage<?>> {

        @Override
        public Object handle(UnitOfWork<? extends EventMessage<?>> unitOfWork, InterceptorChain chain)
                throws Exception {
            Object result;
            try {
                result = chain.proceed();
            } catch (Error e) {
                throw asException(e);
            }
            if (unitOfWork instanceof BatchingUnitOfWork<?> batch && batch.isLastMessage()) {
                batch.onPrepareCommit(EventBatch::write);
            }
            return result;
        }
    }
}
