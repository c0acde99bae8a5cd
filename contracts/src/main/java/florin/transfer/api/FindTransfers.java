package florin.transfer.api;

import florin.account.api.Iban;
import java.time.Instant;

/**
 * Asks for transfers, newest first. Answered by a {@link TransferPage}.
 *
 * @param status or null for any
 * @param account the source or the target, or null for any
 * @param from requested then or later, or null
 * @param to requested before then, or null
 * @param after the next of the page before, or null
 * @param limit 1 to 500
 */
public record FindTransfers(TransferStatus status, Iban account, Instant from, Instant to, String after, int limit) {}
