package florin.kit;

import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.EventProcessingException;
import org.axonframework.messaging.deadletter.DeadLetter;
import org.axonframework.messaging.deadletter.Decisions;
import org.axonframework.messaging.deadletter.EnqueueDecision;
import org.axonframework.messaging.deadletter.EnqueuePolicy;
import org.axonframework.messaging.deadletter.ThrowableCause;

/**
 * An event is put aside for what it is, not for when it came: if the database or the event store is away for a moment the
 * batch is tried again.
 */
public final class DeadLetterPolicy implements EnqueuePolicy<EventMessage<?>> {

    @Override
    public EnqueueDecision<EventMessage<?>> decide(DeadLetter<? extends EventMessage<?>> letter, Throwable cause) {
        if (Problems.problem(cause).type().isTransient()) {
            throw new EventProcessingException("An event cannot be handled now: " + cause.getMessage(), cause);
        }
        return Decisions.enqueue(storable(cause));
    }

    /** A text that the column does not take would keep the event from being put aside, and stop its segment for good. */
    private static ThrowableCause storable(Throwable cause) {
        ThrowableCause truncated = ThrowableCause.truncated(cause);
        return new ThrowableCause(truncated.type(), Columns.storable(truncated.message()));
    }
}
