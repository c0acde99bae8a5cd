package florin.account.api;

/** Why money was refused: reason codes of ISO 20022 (external status reason code set). */
public enum RefusalReason {
    AC01("no such account"),
    AC04("the account is closed"),
    AC06("the account is blocked"),
    AG01("the account is not empty or has a reservation, so it cannot be closed"),
    AM02("the amount is beyond what an account can hold"),
    AM03("the account is held in another currency"),
    AM04("the available balance does not cover the amount"),
    AM05("the operation was made before with other content"),
    AM21("the account has as many open reservations as it may have"),
    DS02("the transfer was cancelled before it was done"),
    TM01("the transfer was called off before it was done, because its time was up");

    private final String description;

    RefusalReason(String description) {
        this.description = description;
    }

    public String description() {
        return description;
    }
}
