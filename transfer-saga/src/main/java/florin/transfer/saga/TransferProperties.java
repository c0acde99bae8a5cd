package florin.transfer.saga;

import florin.transfer.api.TransferLife;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of this service.
 *
 * @param timeLimit how long after its request a transfer that is not credited is called off; 1 s to 1 day
 * @param attempts how often a step is sent before the transfer is parked; 1 to 1,000
 * @param reconcileEvery how often transfers that are not final are looked at; 100 ms to 1 hour
 * @param reconcileAfter how long a transfer stands still before it is driven past its saga; 100 ms to 1 hour
 * @param lookBack how far before its first start the saga looks for transfers, those that were requested while it came up;
 *     0 to 1 hour
 */
@ConfigurationProperties("florin.transfer")
record TransferProperties(
        @DefaultValue("10m") Duration timeLimit,
        @DefaultValue("20") int attempts,
        @DefaultValue("1m") Duration reconcileEvery,
        @DefaultValue("2m") Duration reconcileAfter,
        @DefaultValue("10m") Duration lookBack) {

    private static final int MOST_ATTEMPTS = 1_000;
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration HOUR = Duration.ofHours(1);

    TransferProperties {
        requireBetween("time-limit", timeLimit, Duration.ofSeconds(1), TransferLife.LONGEST_TIME_LIMIT);
        requireBetween("reconcile-every", reconcileEvery, SHORTEST, HOUR);
        requireBetween("reconcile-after", reconcileAfter, SHORTEST, HOUR);
        requireBetween("look-back", lookBack, Duration.ZERO, HOUR);
        if (attempts < 1 || attempts > MOST_ATTEMPTS) {
            throw new IllegalArgumentException(
                    "florin.transfer.attempts must be from 1 to " + MOST_ATTEMPTS + ", not " + attempts);
        }
    }

    private static void requireBetween(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    "florin.transfer." + name + " must be from " + least + " to " + most + ", not " + value);
        }
    }
}
