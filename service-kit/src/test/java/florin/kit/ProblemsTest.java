package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import florin.account.api.Iban;
import io.grpc.Status;
import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import org.axonframework.axonserver.connector.command.AxonServerCommandDispatchException;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
import org.axonframework.serialization.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.TransactionTimedOutException;

/** Which failures of the event store and the database are to be tried again. */
class ProblemsTest {

    @ParameterizedTest
    @EnumSource(names = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED", "DEADLINE_EXCEEDED"})
    void aCallThatTheEventStoreDidNotAnswerIsToBeTriedAgain(Status.Code code) {
        assertThat(type(code, "io exception")).isEqualTo(ProblemType.EVENT_STORE_UNAVAILABLE);
    }

    @Test
    void anEventThatCameFirstIsNotAnEventStoreThatIsAway() {
        assertThat(type(Status.Code.UNAVAILABLE, "[AXONIQ-2000] invalid sequence number 3"))
                .isEqualTo(ProblemType.CONCURRENT_UPDATE);
    }

    @Test
    void aCallThatIsRefusedWheneverItIsTriedIsAFaultOfOurs() {
        assertThat(type(Status.Code.PERMISSION_DENIED, "no")).isEqualTo(ProblemType.INTERNAL_ERROR);
    }

    @Test
    void aTransactionThatPostgresqlGaveUpIsToBeTriedAgain() {
        SQLException idle = new SQLException("terminating connection due to idle-in-transaction timeout", "25P03");
        assertThat(Problems.problem(idle).type()).isEqualTo(ProblemType.DATABASE_UNAVAILABLE);
    }

    @Test
    void aTransactionThatCouldNotBeRolledBackBecauseItsConnectionWasGoneIsToBeTriedAgain() {
        Throwable failed = new TransactionSystemException("rollback failed", new SQLException("Connection is closed"));
        assertThat(Problems.problem(failed).type()).isEqualTo(ProblemType.DATABASE_UNAVAILABLE);
    }

    @Test
    void aStatementThatTookTooLongIsToBeTriedAgain() {
        SQLException canceled = new SQLException("canceling statement due to statement timeout", "57014");
        assertThat(Problems.problem(canceled).type()).isEqualTo(ProblemType.DATABASE_UNAVAILABLE);
        Throwable beforeOne = new TransactionTimedOutException("deadline was 1 second ago");
        assertThat(Problems.problem(beforeOne).type()).isEqualTo(ProblemType.DATABASE_UNAVAILABLE);
    }

    @Test
    void whatIsStoredAndCannotBeReadIsNotTheFaultOfARequest() {
        Throwable unreadable = new SerializationException("cannot be read", catchThrowable(() -> new Iban("no")));
        assertThat(Problems.problem(unreadable).type()).isEqualTo(ProblemType.INTERNAL_ERROR);
    }

    @Test
    void aCommandThatCouldNotBeSentMayBeTriedAgain() {
        Throwable unsent =
                new AxonServerCommandDispatchException("AXONIQ-4003", "not sent", new IllegalStateException("closed"));
        assertThat(Problems.problem(unsent).type()).isEqualTo(ProblemType.EVENT_STORE_UNAVAILABLE);
    }

    private static ProblemType type(Status.Code code, String description) {
        Throwable call = code.toStatus().withDescription(description).asRuntimeException();
        return Problems.problem(new CompletionException(new EventStoreException("a call failed", call)))
                .type();
    }
}
