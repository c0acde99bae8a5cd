package florin.kit;

import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.EventProcessingException;
import org.axonframework.eventhandling.deadletter.jdbc.JdbcDeadLetter;
import org.axonframework.messaging.deadletter.DeadLetter;
import org.axonframework.messaging.deadletter.Decisions;
import org.axonframework.messaging.deadletter.EnqueueDecision;
import org.axonframework.messaging.deadletter.EnqueuePolicy;

/**
 * An event is put aside for what it is, not for when it came: if the database or the event store is away for a moment the
 * batch is tried again. One that was put aside before stays there, to be tried again later.
 */
public final class DeadLetterPolicy implements EnqueuePolicy<EventMessage<?>> {

    @Override
    public EnqueueDecision<EventMessage<?>> decide(DeadLetter<? extends EventMessage<?>> letter, Throwable cause) {
        // Axon does not hear what is thrown about one that it tries again: it would be taken for done.
        boolean isPutAside = letter instanceof JdbcDeadLetter<?>;
        if (!isPutAside && Problems.problem(cause).type().isTransient()) {
            throw new EventProcessingException("An event cannot be handled now: " + cause.getMessage(), cause);
        }
        return Decisions.enqueue(cause);
    }
}
