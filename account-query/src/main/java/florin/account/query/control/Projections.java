package florin.account.query.control;

import florin.account.query.control.ProjectionStatus.Building;
import florin.account.query.control.ProjectionStatus.SegmentStatus;
import florin.account.query.control.TokenRows.StoredToken;
import florin.account.query.projection.Half;
import florin.kit.QueryLimit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.axonframework.config.EventProcessingConfiguration;
import org.axonframework.eventhandling.EventTrackerStatus;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.springframework.stereotype.Component;

/** Tells where the projections stand. */
@Component
public class Projections {

    private final EventProcessingConfiguration processing;
    private final EventStore eventStore;
    private final GenerationRows generations;
    private final TokenRows tokens;
    private final QueryLimit limit;

    Projections(
            EventProcessingConfiguration processing,
            EventStore eventStore,
            GenerationRows generations,
            TokenRows tokens,
            QueryLimit limit) {
        this.processing = processing;
        this.eventStore = eventStore;
        this.generations = generations;
        this.tokens = tokens;
        this.limit = limit;
    }

    /** The projections in the order of their names. */
    public List<ProjectionStatus> status() {
        long head = head();
        return limit.read(() -> {
            // Before the generations: one that is read by then had its tokens before.
            Map<String, List<StoredToken>> stored = tokens.find(processors().toList());
            return generations.find().stream()
                    .map(state -> status(state, stored, head))
                    .toList();
        });
    }

    /** The position of the last event in the event store. */
    long head() {
        return TokenRows.position(eventStore.createHeadToken());
    }

    /** Those of both halves of all projections. */
    static Stream<String> processors() {
        return GenerationRows.VIEWS.keySet().stream()
                .flatMap(name -> Arrays.stream(Half.values()).map(half -> half.processor(name)));
    }

    private ProjectionStatus status(ProjectionState state, Map<String, List<StoredToken>> stored, long head) {
        List<SegmentStatus> segments = segments(state.processor(), stored, head);
        return new ProjectionStatus(
                state.name(),
                processor(state.processor()).isRunning(),
                state.isBuilding(),
                head,
                lag(segments, head),
                generations.deadLetters(state.processor()),
                state.generation(),
                segments,
                state.isBuilding() ? building(state, stored, head) : null);
    }

    private Building building(ProjectionState state, Map<String, List<StoredToken>> stored, long head) {
        List<SegmentStatus> segments = segments(state.otherProcessor(), stored, head);
        return new Building(
                state.generation() + 1, lag(segments, head), generations.deadLetters(state.otherProcessor()), segments);
    }

    private static long lag(List<SegmentStatus> segments, long head) {
        long slowest =
                segments.stream().mapToLong(SegmentStatus::position).min().orElse(TokenRows.BEFORE_FIRST_EVENT);
        return Math.max(0, head - slowest);
    }

    private List<SegmentStatus> segments(String processor, Map<String, List<StoredToken>> stored, long head) {
        Map<Integer, EventTrackerStatus> own = processor(processor).processingStatus();
        return stored.getOrDefault(processor, List.of()).stream()
                .map(token -> {
                    EventTrackerStatus live = token.isOwn() ? own.get(token.segment()) : null;
                    long position = position(token, live);
                    String error = live == null || live.getError() == null
                            ? null
                            : live.getError().toString();
                    return new SegmentStatus(token.segment(), position, position >= head, error);
                })
                .toList();
    }

    /** What the slowest segment of a processor has come to; before the first event if it has no segments. */
    long slowest(String processor) {
        Map<Integer, EventTrackerStatus> own = processor(processor).processingStatus();
        return tokens.find(processor).stream()
                .mapToLong(token -> position(token, token.isOwn() ? own.get(token.segment()) : null))
                .min()
                .orElse(TokenRows.BEFORE_FIRST_EVENT);
    }

    /** The live state of a segment that this instance works on, else what its stored token says: it is not stored for each event. */
    private static long position(StoredToken stored, EventTrackerStatus live) {
        return live == null ? stored.position() : TokenRows.position(live.getTrackingToken());
    }

    PooledStreamingEventProcessor processor(String name) {
        return processing
                .eventProcessor(name, PooledStreamingEventProcessor.class)
                .orElseThrow();
    }
}
