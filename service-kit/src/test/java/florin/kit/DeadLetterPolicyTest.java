package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.EventProcessingException;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.messaging.deadletter.GenericDeadLetter;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.TransientDataAccessResourceException;

class DeadLetterPolicyTest {

    private final DeadLetterPolicy policy = new DeadLetterPolicy();
    private final GenericDeadLetter<EventMessage<?>> letter =
            new GenericDeadLetter<>("account", GenericEventMessage.asEventMessage("event"));

    @Test
    void anEventThatCannotBeHandledIsPutAside() {
        assertThat(policy.decide(letter, new IllegalArgumentException("unknown currency"))
                        .shouldEnqueue())
                .isTrue();
        assertThat(policy.decide(letter, new DataIntegrityViolationException("too long", new SQLException("", "22001")))
                        .shouldEnqueue())
                .isTrue();
    }

    @Test
    void anEventThatCameWhenNoConnectionWasFreeIsTriedAgain() {
        assertThatThrownBy(() -> policy.decide(
                        letter,
                        new TransientDataAccessResourceException(
                                "no connection", new SQLTransientConnectionException("timed out"))))
                .isInstanceOf(EventProcessingException.class);
    }
}
