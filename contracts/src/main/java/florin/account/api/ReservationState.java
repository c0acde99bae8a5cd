package florin.account.api;

/** Where a transfer stands at its source. */
public enum ReservationState {
    RESERVED,
    CAPTURED,
    RELEASED,
    REJECTED
}
