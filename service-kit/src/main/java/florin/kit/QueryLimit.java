package florin.kit;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.spring.messaging.unitofwork.SpringTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * How much of the database the queries of the API may take: each for so long, so many at once. One that takes longer would keep a
 * connection that others need, long after the one who asked has gone.
 *
 * <p>What the query bus reads and what a request reads without it take turns with each other.
 */
public final class QueryLimit {

    private final PlatformTransactionManager transactions;
    private final DefaultTransactionDefinition limited = new DefaultTransactionDefinition();
    private final int timeoutSeconds;
    private final Semaphore turns;

    /** A time of 0 has no end. */
    QueryLimit(PlatformTransactionManager transactions, int timeoutSeconds, int atOnce) {
        if (timeoutSeconds < 0) {
            throw new IllegalArgumentException(
                    "florin.database.query-timeout must be 0 or more seconds, not " + timeoutSeconds);
        }
        this.transactions = transactions;
        this.timeoutSeconds = timeoutSeconds;
        limited.setTimeout(timeoutSeconds == 0 ? TransactionDefinition.TIMEOUT_DEFAULT : timeoutSeconds);
        turns = new Semaphore(atOnce, true);
    }

    /** The transactions of the query bus. */
    TransactionManager transactionManager() {
        return new SpringTransactionManager(transactions, limited);
    }

    /**
     * Reads in a transaction, once it has its turn.
     *
     * @throws ProblemException too-busy, if the others take longer than a query may
     */
    public <T> T read(Supplier<T> reading) {
        return inTurn(() -> new TransactionTemplate(transactions, limited).execute(transaction -> reading.get()));
    }

    /** The same for a reading that begins a transaction of {@link #transactionManager} itself. */
    <T> T inTurn(Supplier<T> reading) {
        takeTurn();
        try {
            return reading.get();
        } finally {
            turns.release();
        }
    }

    private void takeTurn() {
        try {
            if (timeoutSeconds == 0) {
                turns.acquire();
            } else if (!turns.tryAcquire(timeoutSeconds, TimeUnit.SECONDS)) {
                throw new ProblemException(
                        ProblemType.TOO_BUSY, "Others read from the database for too long; try again later");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw (ProblemException)
                    new ProblemException(ProblemType.TOO_BUSY, "This service is being stopped").initCause(interrupted);
        }
    }
}
