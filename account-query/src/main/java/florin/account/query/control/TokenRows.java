package florin.account.query.control;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the tokens of all segments, also of those that another instance works on. */
@Component
class TokenRows {

    /** @param token null before the first event */
    record StoredToken(int segment, TrackingToken token) {}

    private final JdbcClient database;
    private final Serializer serializer;

    TokenRows(JdbcClient database, Serializer serializer) {
        this.database = database;
        this.serializer = serializer;
    }

    List<StoredToken> findByProcessorName(String processorName) {
        return database.sql(
                        "SELECT segment, token, token_type FROM token_entry WHERE processor_name = ? ORDER BY segment")
                .param(processorName)
                .query((row, number) -> new StoredToken(row.getInt("segment"), token(row)))
                .list();
    }

    private TrackingToken token(ResultSet row) throws SQLException {
        byte[] token = row.getBytes("token");
        return token == null
                ? null
                : serializer.deserialize(
                        new SimpleSerializedObject<>(token, byte[].class, row.getString("token_type"), null));
    }
}
