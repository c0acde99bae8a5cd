package florin.account.query.projection;

import java.time.Instant;

/** One side of a posting, as it is written once and never changed. */
record EntryRow(
        String id,
        LedgerAccount account,
        String currency,
        long amountMinor,
        String kind,
        String transferId,
        String reference,
        Instant bookedAt,
        long position) {}
