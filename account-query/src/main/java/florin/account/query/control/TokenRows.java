package florin.account.query.control;

import java.lang.management.ManagementFactory;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.axonframework.common.DateTimeUtils;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The tokens of all segments, also of those that another instance works on. */
@Component
class TokenRows {

    /** What this instance claims tokens as. */
    static final String OWN_NODE = ManagementFactory.getRuntimeMXBean().getName();

    static final long BEFORE_FIRST_EVENT = -1;

    private static final String SELECT =
            "SELECT processor_name, segment, token, token_type, owner, timestamp FROM token_entry";

    /**
     * One that is stored: what its processor has projected, it has projected at least up to here.
     *
     * @param token null before the first event
     * @param owner null if no instance works on the segment
     */
    record StoredToken(String processor, int segment, TrackingToken token, String owner, Instant claimedAt) {

        long position() {
            return TokenRows.position(token);
        }

        boolean isOwn() {
            return OWN_NODE.equals(owner);
        }
    }

    private final JdbcClient database;
    private final Serializer serializer;

    TokenRows(JdbcClient database, Serializer serializer) {
        this.database = database;
        this.serializer = serializer;
    }

    static long position(TrackingToken token) {
        return token == null ? BEFORE_FIRST_EVENT : token.position().orElse(BEFORE_FIRST_EVENT);
    }

    /** Those of several processors, all of one instant. */
    Map<String, List<StoredToken>> find(Collection<String> processors) {
        return database
                .sql(SELECT + " WHERE processor_name = ANY (?) ORDER BY segment")
                .param(processors.toArray(String[]::new))
                .query(this::stored)
                .list()
                .stream()
                .collect(Collectors.groupingBy(StoredToken::processor));
    }

    List<StoredToken> find(String processor) {
        return find(List.of(processor)).getOrDefault(processor, List.of());
    }

    /** Keeps batches of this processor from being committed, and tokens from being claimed, until the transaction ends. */
    List<StoredToken> lock(String processor) {
        return database.sql(SELECT + " WHERE processor_name = ? ORDER BY segment FOR UPDATE")
                .param(processor)
                .query(this::stored)
                .list();
    }

    /** Has a processor begin with the first event, in as many segments as another one has. */
    void begin(String processor, String other) {
        int unused = database.sql("INSERT INTO token_entry (processor_name, segment, timestamp)"
                        + " SELECT ?, segment, ? FROM token_entry WHERE processor_name = ?")
                .params(processor, DateTimeUtils.formatInstant(Instant.now()), other)
                .update();
    }

    void delete(String processor) {
        int unused = database.sql("DELETE FROM token_entry WHERE processor_name = ?")
                .param(processor)
                .update();
    }

    private StoredToken stored(ResultSet row, int number) throws SQLException {
        return new StoredToken(
                row.getString("processor_name"),
                row.getInt("segment"),
                token(row),
                row.getString("owner"),
                DateTimeUtils.parseInstant(row.getString("timestamp")));
    }

    private TrackingToken token(ResultSet row) throws SQLException {
        byte[] token = row.getBytes("token");
        return token == null
                ? null
                : serializer.deserialize(
                        new SimpleSerializedObject<>(token, byte[].class, row.getString("token_type"), null));
    }
}
