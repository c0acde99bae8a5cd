package florin.account.api;

/** Where a transfer stands at its target. */
public enum CreditState {
    CREDITED,
    REJECTED,
    CANCELLED
}
