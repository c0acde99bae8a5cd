package florin.account.query.control;

import florin.account.query.control.ProjectionState.OtherHalf;
import florin.account.query.control.TokenRows.StoredToken;
import florin.kit.DaemonThreads;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.axonframework.springboot.TokenStoreProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Replays projections: a replay builds the next generation from the first event, beside the one that is read and kept up to date
 * meanwhile, and has it read once it has come as far. No processor is stopped for that, on any instance.
 *
 * <p>Each step is one transaction, in which the tokens, rows and dead letters change that belong to it. Every instance looks from
 * time to time what is to be done next; so a replay goes on whichever of them ends, and whenever it does.
 */
@Component
public class Replays {

    private static final Logger LOG = LoggerFactory.getLogger(Replays.class);
    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** So few events behind the last one, the next generation may come as far as the one that is read while that is held up. */
    private static final long NEAR = 2_000;

    private static final Duration LONGEST_HOLD_UP = Duration.ofSeconds(1);
    /** Of an instance that stands still just then. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofMillis(20);
    /** Those who come to read wait behind who waits for those that read. */
    private static final Duration SHORT_WAIT = Duration.ofMillis(200);

    private static final Duration RELEASE = Duration.ofSeconds(10);
    /** Longer than a claim outlives the instance that made it. */
    private static final Duration LONGEST_REMOVAL = Duration.ofSeconds(15);

    private static final Duration REMOVAL_PAUSE = Duration.ofMillis(200);
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final Projections projections;
    private final GenerationRows generations;
    private final TokenRows tokens;
    private final TransactionTemplate transactions;
    private final Duration claimTimeout;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("replays"));
    private boolean isFailing;

    Replays(
            Projections projections,
            GenerationRows generations,
            TokenRows tokens,
            PlatformTransactionManager transactions,
            TokenStoreProperties tokenStore) {
        this.projections = projections;
        this.generations = generations;
        this.tokens = tokens;
        this.transactions = new TransactionTemplate(transactions);
        this.claimTimeout = tokenStore.getClaimTimeout();
    }

    void start() {
        ScheduledFuture<?> unused =
                timer.scheduleWithFixedDelay(this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void stop() {
        timer.shutdown();
    }

    /**
     * Begins to build the next generation of a projection.
     *
     * @throws ProblemException unknown-projection, replay-running, or projection-unavailable when another instance does not let
     *     go of a generation that was given up
     */
    public void begin(String name) {
        long deadline = System.nanoTime() + LONGEST_REMOVAL.toNanos();
        while (!tryToBegin(name)) {
            if (System.nanoTime() > deadline) {
                throw unavailable("Another instance still works on the generation of " + name + " that was given up");
            }
            release(name);
            pause(REMOVAL_PAUSE);
        }
        try {
            claimNext(name);
        } catch (RuntimeException away) {
            LOG.warn("A replay of {} has begun; who works on it is found out later", name, away);
        }
    }

    /** At once and here, rather than the next time that any instance looks for segments. */
    private void claimNext(String name) {
        ProjectionState begun = generations.find(name);
        LOG.info("Generation {} of {} is being built", begun.generation() + 1, name);
        PooledStreamingEventProcessor builder = projections.processor(begun.otherProcessor());
        tokens.find(begun.otherProcessor()).forEach(token -> {
            CompletableFuture<Boolean> unused = builder.claimSegment(token.segment());
        });
    }

    private synchronized boolean tryToBegin(String name) {
        return unlessLocked(() -> beginIfEmpty(name));
    }

    private boolean beginIfEmpty(String name) {
        ProjectionState state = generations.lock(name);
        if (state.isBuilding()) {
            throw new ProblemException(ProblemType.REPLAY_RUNNING, "The projection " + name + " is being replayed");
        }
        if (state.otherHalf() == OtherHalf.LEFT && !tryToRemove(state)) {
            return false;
        }
        generations.becomes(state, OtherHalf.BUILDING);
        tokens.begin(state.otherProcessor(), state.processor());
        return true;
    }

    /**
     * Gives up the generation that is being built; the one that is read is not touched.
     *
     * @throws ProblemException unknown-projection, or replay-not-running
     */
    public void cancel(String name) {
        ProjectionState cancelled = transactions.execute(transaction -> {
            ProjectionState state = generations.lock(name);
            if (!state.isBuilding()) {
                throw new ProblemException(
                        ProblemType.REPLAY_NOT_RUNNING, "The projection " + name + " is not being replayed");
            }
            generations.becomes(state, OtherHalf.LEFT);
            return state;
        });
        LOG.info("Generation {} of {} is given up", cancelled.generation() + 1, name);
    }

    private void look() {
        try {
            for (ProjectionState state : generations.find()) {
                if (state.isBuilding()) {
                    serveNextIfItHasComeAsFar(state);
                } else if (state.otherHalf() == OtherHalf.LEFT) {
                    release(state.name());
                    boolean unused = unlessLocked(() -> generations.lockIfStill(state) && tryToRemove(state));
                }
            }
            isFailing = false;
        } catch (RuntimeException away) {
            if (!isFailing) {
                LOG.warn("What is to be done about replays is looked at again each second", away);
            }
            isFailing = true;
        }
    }

    private void serveNextIfItHasComeAsFar(ProjectionState state) {
        if (projections.slowest(state.otherProcessor()) + NEAR >= projections.head()
                && !generations.isNextStuck(state)
                && unlessLocked(() -> tryToServeNext(state))) {
            LOG.info("Generation {} of {} is read from now on", state.generation() + 1, state.name());
        }
    }

    /** Whoever has seen an event in the generation that is read sees it in the next one too: meanwhile it shows nothing more. */
    private boolean tryToServeNext(ProjectionState state) {
        generations.endIfSilent(LONGEST_SILENCE);
        generations.waitForLocks(LONGEST_HOLD_UP);
        if (!generations.lockIfStill(state)
                || !awaitPosition(state.otherProcessor(), farthest(tokens.lock(state.processor())))) {
            return false;
        }
        generations.waitForLocks(SHORT_WAIT);
        generations.lockDeadLetters();
        if (generations.isNextStuck(state)) {
            return false;
        }
        generations.serveNext(state);
        return true;
    }

    private boolean awaitPosition(String processor, long position) {
        long deadline = System.nanoTime() + LONGEST_HOLD_UP.toNanos();
        while (projections.slowest(processor) < position) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            pause(PAUSE);
        }
        return true;
    }

    private static long farthest(List<StoredToken> stored) {
        return stored.stream().mapToLong(StoredToken::position).max().orElse(TokenRows.BEFORE_FIRST_EVENT);
    }

    /** Has this instance let go of a generation that is given up, after the batch that it is at; not of one that begins meanwhile. */
    private synchronized void release(String name) {
        ProjectionState state = generations.find(name);
        if (state.otherHalf() == OtherHalf.LEFT) {
            PooledStreamingEventProcessor processor = projections.processor(state.otherProcessor());
            tokens.find(state.otherProcessor())
                    .forEach(token ->
                            processor.releaseSegment(token.segment(), RELEASE.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    /** If no instance works on it any more. */
    private boolean tryToRemove(ProjectionState state) {
        generations.waitForLocks(SHORT_WAIT);
        Instant alive = Instant.now().minus(claimTimeout);
        if (tokens.lock(state.otherProcessor()).stream()
                .anyMatch(token -> token.owner() != null && token.claimedAt().isAfter(alive))) {
            return false;
        }
        tokens.delete(state.otherProcessor());
        generations.emptyOther(state);
        return true;
    }

    /** In a transaction, which is rolled back if the answer is no, or if it has waited too long for what others have locked. */
    private boolean unlessLocked(BooleanSupplier step) {
        try {
            return transactions.execute(transaction -> {
                boolean isDone = step.getAsBoolean();
                if (!isDone) {
                    transaction.setRollbackOnly();
                }
                return isDone;
            });
        } catch (DataAccessException failure) {
            if (failure.getMostSpecificCause() instanceof SQLException sql
                    && LOCK_NOT_AVAILABLE.equals(sql.getSQLState())) {
                return false;
            }
            throw failure;
        }
    }

    private static void pause(Duration pause) {
        try {
            TimeUnit.MILLISECONDS.sleep(pause.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw (ProblemException)
                    unavailable("This service is being stopped").initCause(interrupted);
        }
    }

    private static ProblemException unavailable(String why) {
        return new ProblemException(ProblemType.PROJECTION_UNAVAILABLE, why);
    }
}
