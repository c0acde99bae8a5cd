package florin.account.api;

import florin.money.Money;
import java.time.Instant;

/** One side of a posting: a positive amount credits the ledger account, a negative one debits it. */
public record AccountEntry(
        String id,
        String account,
        Money amount,
        String kind,
        String transferId,
        String reference,
        Instant bookedAt,
        long position) {}
