package florin.transfer.saga;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of this service.
 *
 * @param reconcileEvery how often transfers that are not final are looked at
 * @param reconcileAfter how long a transfer stands still before it is driven past its saga
 */
@ConfigurationProperties("florin.transfer")
record TransferProperties(@DefaultValue("1m") Duration reconcileEvery, @DefaultValue("2m") Duration reconcileAfter) {}
