package florin.account.query.control;

import florin.kit.ClaimedTokens;
import org.axonframework.eventhandling.TrackingToken;

/**
 * The tokens of processors of which some have nothing to do, and which begin again with the first event under the same name.
 *
 * <p>A processor without tokens waits for some: those of both halves run always, on all instances. That a token is only stored by
 * who has claimed it matters here once more: an instance that stood still would have a new generation go on where it was itself
 * with the one of before, and skip all up to there.
 */
final class GenerationTokens extends ClaimedTokens {

    private final GenerationRows generations;

    GenerationTokens(Builder builder, GenerationRows generations) {
        super(builder);
        this.generations = generations;
    }

    /** At the first start, and if tokens were lost. */
    @Override
    public void initializeTokenSegments(String processorName, int segmentCount, TrackingToken initialToken) {
        if (generations.find().stream().anyMatch(state -> state.processors().contains(processorName))) {
            super.initializeTokenSegments(processorName, segmentCount, initialToken);
        }
    }
}
