package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLTransientConnectionException;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.EventProcessingException;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.messaging.deadletter.GenericDeadLetter;
import org.axonframework.messaging.deadletter.ThrowableCause;
import org.junit.jupiter.api.Test;
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
    }

    @Test
    void whyAnEventIsPutAsideFitsIntoItsColumnHoweverLongItIs() {
        assertThat(policy.decide(letter, new IllegalArgumentException("NUL \0, " + "and more".repeat(200)))
                        .enqueueCause())
                .hasValueSatisfying(cause -> assertThat(cause)
                        .hasMessageStartingWith("NUL \ufffd, and more")
                        .extracting(Throwable::getMessage)
                        .asString()
                        .hasSize(1023));
        assertThat(policy.decide(letter, new IllegalStateException()).enqueueCause())
                .hasValueSatisfying(cause -> assertThat(cause)
                        .hasMessage(null)
                        .isInstanceOfSatisfying(ThrowableCause.class, put -> assertThat(put.type())
                                .isEqualTo(IllegalStateException.class.getName())));
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
