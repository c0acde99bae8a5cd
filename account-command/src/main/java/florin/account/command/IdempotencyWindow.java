package florin.account.command;

import florin.transfer.api.TransferLife;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much an account remembers of what it has done, of each kind: operations, transfers out, transfers in.
 *
 * @param retention nothing younger is forgotten as long as {@code most} allows; 2 days, which is twice the longest time
 *     limit of a transfer, to 1 year
 * @param kept how many are kept whatever their age; 1 to {@code most}
 * @param most beyond that the oldest that is settled is forgotten whatever its age; up to 500,000, for more of a kind
 *     would not fit into a snapshot
 */
@ConfigurationProperties("florin.account.memory")
record IdempotencyWindow(
        @DefaultValue("30d") Duration retention, @DefaultValue("10000") int kept, @DefaultValue("100000") int most) {

    private static final Duration LONGEST_RETENTION = Duration.ofDays(365);
    private static final int MOST = 500_000;

    IdempotencyWindow {
        if (retention.compareTo(TransferLife.SHORTEST_MEMORY) < 0 || retention.compareTo(LONGEST_RETENTION) > 0) {
            throw new IllegalArgumentException("florin.account.memory.retention must be from "
                    + TransferLife.SHORTEST_MEMORY + ", twice the longest time limit of a transfer, to "
                    + LONGEST_RETENTION + ", not " + retention);
        }
        if (kept < 1 || most < kept || most > MOST) {
            throw new IllegalArgumentException("florin.account.memory must have 1 <= kept <= most <= " + MOST
                    + ", not kept " + kept + " and most " + most);
        }
    }
}
