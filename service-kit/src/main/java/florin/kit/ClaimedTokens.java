package florin.kit;

import java.sql.Connection;
import java.sql.ResultSet;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.tokenstore.UnableToClaimTokenException;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;

/**
 * Tokens that only who has claimed them stores.
 *
 * <p>Axon would also take one that somebody else has had meanwhile, and has let go. A batch of an instance that stood still for
 * so long would then set the token back, and overwrite with it what the other one has written from the events after it.
 */
public class ClaimedTokens extends JdbcTokenStore {

    public ClaimedTokens(Builder builder) {
        super(builder);
    }

    /** Comes to this only where the claim is another's, or nobody's: the batch fails, and nothing of it stands. */
    @Override
    protected final void updateToken(
            Connection connection, ResultSet resultSet, TrackingToken token, String processorName, int segment) {
        throw new UnableToClaimTokenException(
                "Segment " + segment + " of " + processorName + " is not worked on by this instance any more");
    }
}
