package florin.account.query.control;

import florin.account.query.control.ProjectionStatus.SegmentStatus;
import florin.account.query.control.TokenRows.StoredToken;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.kit.QueryLimit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.eventhandling.EventTrackerStatus;
import org.axonframework.eventhandling.ReplayToken;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.axonframework.eventhandling.tokenstore.UnableToClaimTokenException;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.messaging.StreamableMessageSource;
import org.axonframework.messaging.deadletter.SequencedDeadLetterQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Tells where the projections stand and replays them.
 *
 * <p>A reset deletes the projection's rows and dead letters and moves its tokens back to the first event in one database
 * transaction. So a crash leaves either the old projection or a replay that goes on with the next start.
 */
@Component
public class Projections {

    private static final Logger LOG = LoggerFactory.getLogger(Projections.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
    /** Longer than a claim outlives the instance that made it (10 s). */
    private static final Duration CLAIM_TIMEOUT = Duration.ofSeconds(15);

    private static final Duration CLAIM_RETRY_PAUSE = Duration.ofMillis(500);
    private static final long BEFORE_FIRST_EVENT = -1;

    private final EventProcessingConfiguration processing;
    private final EventStore eventStore;
    private final TokenRows tokens;
    private final QueryLimit limit;
    private final Set<String> resetting = ConcurrentHashMap.newKeySet();

    Projections(EventProcessingConfiguration processing, EventStore eventStore, TokenRows tokens, QueryLimit limit) {
        this.processing = processing;
        this.eventStore = eventStore;
        this.tokens = tokens;
        this.limit = limit;
    }

    /** The projections in the order of their names. */
    public List<ProjectionStatus> status() {
        long head = position(eventStore.createHeadToken());
        return limit.read(() -> ProjectionsConfiguration.PROJECTIONS.stream()
                .map(name -> status(name, head))
                .toList());
    }

    /**
     * Empties a projection and lets it be rebuilt from the first event; returns when the rebuild has begun.
     *
     * @throws ProblemException unknown-projection, replay-running, or projection-unavailable when another instance
     *     works on the projection
     */
    public void replay(String name) {
        PooledStreamingEventProcessor processor = requireKnown(name);
        whileNotReplaying(name, () -> {
            stop(processor);
            try {
                reset(processor);
                return name;
            } finally {
                processor.start();
            }
        });
    }

    /** Does something with a projection that is not replayed, and is not meanwhile. */
    <T> T whileNotReplaying(String name, Supplier<T> work) {
        PooledStreamingEventProcessor unused = requireKnown(name);
        if (!resetting.add(name)) {
            throw replayRunning(name);
        }
        try {
            requireNotBehindItsReset(name);
            return work.get();
        } finally {
            resetting.remove(name);
        }
    }

    private void requireNotBehindItsReset(String name) {
        if (status(name, position(eventStore.createHeadToken())).replaying()) {
            throw replayRunning(name);
        }
    }

    private static ProblemException replayRunning(String name) {
        return new ProblemException(ProblemType.REPLAY_RUNNING, "The projection " + name + " is being replayed");
    }

    private static void stop(PooledStreamingEventProcessor processor) {
        CompletableFuture<Void> stopped = processor.shutdownAsync();
        try {
            stopped.get(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw unavailable(processor, stopped, interrupted);
        } catch (ExecutionException | TimeoutException failed) {
            throw unavailable(processor, stopped, failed);
        }
    }

    private static ProblemException unavailable(
            PooledStreamingEventProcessor processor, CompletableFuture<Void> stopped, Exception cause) {
        LOG.warn("The projection {} did not stop in time; it is started again when it has", processor.getName(), cause);
        CompletableFuture<Void> unused = stopped.whenComplete((nothing, failure) -> processor.start());
        return new ProblemException(
                ProblemType.PROJECTION_UNAVAILABLE, "The projection " + processor.getName() + " did not stop in time");
    }

    private static void reset(PooledStreamingEventProcessor processor) {
        long deadline = System.nanoTime() + CLAIM_TIMEOUT.toNanos();
        while (true) {
            try {
                processor.resetTokens(StreamableMessageSource::createTailToken);
                return;
            } catch (UnableToClaimTokenException claimed) {
                if (System.nanoTime() > deadline) {
                    LOG.warn("The projection {} is claimed by another instance", processor.getName(), claimed);
                    throw new ProblemException(
                            ProblemType.PROJECTION_UNAVAILABLE,
                            "Another instance works on the projection " + processor.getName());
                }
                pause(processor.getName());
            }
        }
    }

    private static void pause(String name) {
        try {
            TimeUnit.MILLISECONDS.sleep(CLAIM_RETRY_PAUSE.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw (ProblemException) new ProblemException(
                            ProblemType.PROJECTION_UNAVAILABLE, "The replay of " + name + " was interrupted")
                    .initCause(interrupted);
        }
    }

    private ProjectionStatus status(String name, long head) {
        PooledStreamingEventProcessor processor = requireKnown(name);
        Map<Integer, EventTrackerStatus> own = processor.processingStatus();
        List<SegmentStatus> segments = tokens.findByProcessorName(name).stream()
                .map(stored -> segment(stored, own.get(stored.segment()), head))
                .toList();
        long slowest =
                segments.stream().mapToLong(SegmentStatus::position).min().orElse(BEFORE_FIRST_EVENT);
        return new ProjectionStatus(
                name,
                processor.isRunning(),
                segments.stream().anyMatch(SegmentStatus::replaying),
                head,
                Math.max(0, head - slowest),
                processing
                        .deadLetterQueue(name)
                        .map(SequencedDeadLetterQueue::size)
                        .orElse(0L),
                segments);
    }

    /** The live state of a segment that this instance works on, else what its stored token says. */
    private SegmentStatus segment(StoredToken stored, EventTrackerStatus live, long head) {
        TrackingToken token = live == null ? stored.token() : live.getTrackingToken();
        long position = position(token);
        OptionalLong resetAt = ReplayToken.getTokenAtReset(token);
        String error =
                live == null || live.getError() == null ? null : live.getError().toString();
        // Axon's own flag stays up until the first event after the reset point; the rebuild is done before.
        boolean replaying = resetAt.isPresent() && position < resetAt.getAsLong();
        return new SegmentStatus(stored.segment(), position, replaying, position >= head, error);
    }

    private static long position(TrackingToken token) {
        return token == null ? BEFORE_FIRST_EVENT : token.position().orElse(BEFORE_FIRST_EVENT);
    }

    PooledStreamingEventProcessor requireKnown(String name) {
        return processing
                .eventProcessor(name, PooledStreamingEventProcessor.class)
                .orElseThrow(() -> new ProblemException(
                        ProblemType.UNKNOWN_PROJECTION,
                        "There is no projection '" + name + "'; there are "
                                + String.join(", ", ProjectionsConfiguration.PROJECTIONS)));
    }
}
