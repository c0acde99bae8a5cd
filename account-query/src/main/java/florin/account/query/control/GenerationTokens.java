package florin.account.query.control;

import java.sql.Connection;
import java.sql.ResultSet;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.tokenstore.UnableToClaimTokenException;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;

/**
 * The tokens of processors of which some have nothing to do, and which begin again with the first event under the same name.
 *
 * <p>A processor without tokens waits for some: those of both halves run always, on all instances.
 */
final class GenerationTokens extends JdbcTokenStore {

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

    /**
     * Axon would take a token that somebody else has had meanwhile, and has let go: one that stood still for so long would have a
     * new generation go on where it was itself with the one of before, and skip all up to there.
     */
    @Override
    protected void updateToken(
            Connection connection, ResultSet resultSet, TrackingToken token, String processorName, int segment) {
        throw new UnableToClaimTokenException(
                "Segment " + segment + " of " + processorName + " is not worked on by this instance any more");
    }
}
