package florin.chaos;

import java.util.Locale;

/** What clients ask for. */
enum Kind {
    OPEN(true),
    DEPOSIT(true),
    WITHDRAWAL(true),
    BLOCK(true),
    UNBLOCK(true),
    CLOSURE(true),
    TRANSFER(true),
    CANCELLATION(true),
    RETRY(true),
    LOOK_AT_ACCOUNT(false),
    LOOK_AT_TRANSFER(false),
    LOOK_AT_PARKED(false),
    LOOK_AT_TRIAL_BALANCE(false);

    private final boolean changes;

    Kind(boolean changes) {
        this.changes = changes;
    }

    /** Whether it can have an effect. */
    boolean changes() {
        return changes;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
