package florin.transfer.saga;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** A saga as it is stored, with its deadlines by name. */
record SagaRow(String id, String transferId, long version, String state, Map<String, SagaDeadline> deadlines) {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final TypeReference<Map<String, SagaDeadline>> DEADLINES = new TypeReference<>() {};

    SagaRow(ResultSet row) throws SQLException {
        this(
                row.getString("saga_id"),
                row.getString("transfer_id"),
                row.getLong("version"),
                row.getString("state"),
                JSON.readValue(row.getString("deadlines"), DEADLINES));
    }

    SagaRow next() {
        return new SagaRow(id, transferId, version + 1, state, deadlines);
    }

    String deadlinesText() {
        return JSON.writeValueAsString(deadlines);
    }

    Instant due() {
        return deadlines.values().stream()
                .map(SagaDeadline::due)
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    boolean isPutOff(Instant now) {
        return due() == null || due().isAfter(now);
    }
}
