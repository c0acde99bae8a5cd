package florin.transfer.api;

import java.time.Duration;

/** How long a transfer may be on its way: what its service may be set to, and what accounts must remember it for. */
public final class TransferLife {

    /** The longest time limit that a transfer may be given. */
    public static final Duration LONGEST_TIME_LIMIT = Duration.ofDays(1);

    /** The shortest time that accounts may remember transfers for: the time limit, and as long again to call it off. */
    public static final Duration SHORTEST_MEMORY = LONGEST_TIME_LIMIT.multipliedBy(2);

    private TransferLife() {}
}
