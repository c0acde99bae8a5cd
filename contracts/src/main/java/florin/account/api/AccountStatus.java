package florin.account.api;

/** Whether an account does business. */
public enum AccountStatus {
    OPEN,
    BLOCKED,
    CLOSED
}
