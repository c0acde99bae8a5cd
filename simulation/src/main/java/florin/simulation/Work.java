package florin.simulation;

import florin.kit.Correlation;
import florin.kit.SimulatedBatch;
import java.util.concurrent.Callable;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.MessageHandler;
import org.axonframework.messaging.correlation.SimpleCorrelationDataProvider;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.messaging.unitofwork.DefaultUnitOfWork;
import org.axonframework.messaging.unitofwork.UnitOfWork;

/**
 * A unit of work that has been done and is not saved yet. Others may work before it is saved, which is how two threads or
 * two processes meet in one thread here; if its process dies, it is never saved.
 */
final class Work {

    private final UnitOfWork<?> unit;
    private Object result;
    private Throwable failure;

    private Work(UnitOfWork<?> unit) {
        this.unit = unit;
        unit.registerCorrelationDataProvider(new SimpleCorrelationDataProvider(Correlation.KEY, Correlation.ATTEMPT));
    }

    static Work begin(Message<?> message, Callable<Object> body) {
        Work work = new Work(DefaultUnitOfWork.startAndGet(message));
        try {
            work.result = body.call();
            CurrentUnitOfWork.clear(work.unit);
        } catch (Exception | LinkageError thrown) {
            work.failure = thrown;
            work.unit.rollback(thrown);
        }
        return work;
    }

    static Work begin(SimulatedBatch batch, MessageHandler<EventMessage<?>> handler) {
        Work work = new Work(batch);
        work.failure = batch.handle(handler).orElse(null);
        if (work.failure == null) {
            CurrentUnitOfWork.clear(batch);
        }
        return work;
    }

    Object result() {
        return result;
    }

    /** Why it failed, or null. */
    Throwable failure() {
        return failure;
    }

    /** Saves it; false, and nothing of it is saved, if that fails. */
    boolean commit() {
        CurrentUnitOfWork.set(unit);
        try {
            unit.commit();
            return true;
        } catch (RuntimeException thrown) {
            failure = thrown;
            return false;
        }
    }

    /** Has the commit save everything, do this, and be taken for failed: nobody hears that it was saved. */
    void saveUnanswered(Runnable onSaved) {
        unit.onCommit(saved -> {
            onSaved.run();
            throw new IllegalStateException("The database did not answer");
        });
    }

    void rollback() {
        if (unit.isActive()) {
            CurrentUnitOfWork.set(unit);
            unit.rollback(new IllegalStateException("It is not saved"));
        }
    }
}
