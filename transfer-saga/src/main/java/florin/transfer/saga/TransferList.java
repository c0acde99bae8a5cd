package florin.transfer.saga;

import florin.transfer.api.FindTransfers;
import florin.transfer.api.TransferPage;
import florin.transfer.api.TransferStatus;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Pages of transfers, newest first; a page costs what it shows, however many transfers there are. But RECEIVED,
 * RESERVED and CREDITED are looked for among all that are under way, that is neither final nor parked, or the account's of
 * them: an index that held these would be written with each step, and with it all the others. COMPLETED of one account are
 * looked for among all of the account's, most of which are.
 */
@Component
class TransferList {

    static final int MOST = 500;

    private final JdbcClient jdbc;

    TransferList(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    TransferPage find(FindTransfers query) {
        int limit = Math.min(Math.max(query.limit(), 1), MOST);
        List<TransferRow> rows = rows(query, limit + 1);
        List<TransferRow> page = rows.subList(0, Math.min(limit, rows.size()));
        return new TransferPage(
                page.stream().map(TransferRow::details).toList(),
                rows.size() > limit ? page.get(page.size() - 1).cursor().text() : null);
    }

    private List<TransferRow> rows(FindTransfers query, int most) {
        Map<String, Object> values = new LinkedHashMap<>();
        return jdbc.sql(sql(query, values))
                .params(values)
                .param("most", most)
                .query((row, index) -> new TransferRow(row))
                .list();
    }

    /** The statement, but for {@code :most}; puts its parameters into {@code values}. */
    static String sql(FindTransfers query, Map<String, Object> values) {
        List<String> conditions = new ArrayList<>(List.of("TRUE"));
        if (query.status() == TransferStatus.PARKED) {
            conditions.add("parked");
        } else if (query.status() != null) {
            // Not a parameter: a plan that is made for any status takes each for as frequent, and looks for one that is
            // rare among all the others; nor are the indexes of some statuses taken for it.
            String status = "'" + query.status().name() + "'";
            conditions.add(
                    query.status().isFinal()
                            ? "ended_as = " + status
                            : "ended_as IS NULL AND status = " + status + " AND NOT parked");
        }
        if (query.from() != null) {
            conditions.add("requested_at >= :from");
            values.put("from", Timestamp.from(query.from()));
        }
        if (query.to() != null) {
            conditions.add("requested_at < :to");
            values.put("to", Timestamp.from(query.to()));
        }
        if (query.after() != null) {
            TransferCursor after = TransferCursor.parse(query.after())
                    .orElseThrow(() -> new IllegalArgumentException("'" + query.after() + "' is not a cursor"));
            conditions.add("(requested_at, id) < (:afterTime, :afterId)");
            values.put("afterTime", Timestamp.from(after.requestedAt()));
            values.put("afterId", after.id());
        }
        String condition = String.join(" AND ", conditions);
        if (query.account() == null) {
            return newest("transfer_view", condition);
        }
        values.put("account", query.account().value());
        // An index gives one side in order, none gives both. No transfer is of both: none goes to the account that it
        // comes from.
        return newest(
                "((" + newest("transfer_view", condition + " AND from_iban = :account") + ") UNION ALL ("
                        + newest("transfer_view", condition + " AND to_iban = :account") + ")) AS sides",
                "TRUE");
    }

    private static String newest(String transfers, String condition) {
        return "SELECT * FROM " + transfers + " WHERE " + condition
                + " ORDER BY requested_at DESC, id DESC LIMIT :most";
    }
}
