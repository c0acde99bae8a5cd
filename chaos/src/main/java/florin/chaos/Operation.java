package florin.chaos;

import florin.account.api.Iban;
import florin.money.Money;
import florin.transfer.api.TransferId;

/**
 * One thing that a client asks for, once or again and again with the same content.
 *
 * @param reference tells it from all others; it goes into the event (as the owner, where an account is opened), but for those of blocks, closures and retries
 * @param key the Idempotency-Key, or null
 * @param account whose it is; the source of a transfer; null where an account is opened
 * @param target of a transfer
 * @param amount what moves; the overdraft limit of an account that is opened
 * @param transferId chosen by the client or known from an answer, or null
 */
record Operation(
        Kind kind, String reference, String key, Iban account, Iban target, Money amount, TransferId transferId) {

    static Operation open(String reference, String key, Money limit) {
        return new Operation(Kind.OPEN, reference, key, null, null, limit, null);
    }

    static Operation deposit(String reference, String key, Iban account, Money amount) {
        return new Operation(Kind.DEPOSIT, reference, key, account, null, amount, null);
    }

    static Operation withdrawal(String reference, String key, Iban account, Money amount) {
        return new Operation(Kind.WITHDRAWAL, reference, key, account, null, amount, null);
    }

    static Operation block(String reference, String key, Iban account) {
        return new Operation(Kind.BLOCK, reference, key, account, null, null, null);
    }

    static Operation unblock(String reference, String key, Iban account) {
        return new Operation(Kind.UNBLOCK, reference, key, account, null, null, null);
    }

    static Operation closure(String reference, String key, Iban account) {
        return new Operation(Kind.CLOSURE, reference, key, account, null, null, null);
    }

    /** {@code id} is null for a transfer that the service names. */
    static Operation transfer(String reference, String key, TransferId id, Iban from, Iban to, Money amount) {
        return new Operation(Kind.TRANSFER, reference, key, from, to, amount, id);
    }

    static Operation cancellation(String reference, String key, TransferId id) {
        return new Operation(Kind.CANCELLATION, reference, key, null, null, null, id);
    }

    static Operation retry(String reference, String key, TransferId id) {
        return new Operation(Kind.RETRY, reference, key, null, null, null, id);
    }

    static Operation lookAt(String reference, Iban account) {
        return new Operation(Kind.LOOK_AT_ACCOUNT, reference, null, account, null, null, null);
    }

    static Operation lookAt(String reference, TransferId id) {
        return new Operation(Kind.LOOK_AT_TRANSFER, reference, null, null, null, null, id);
    }

    static Operation lookAtParked(String reference) {
        return new Operation(Kind.LOOK_AT_PARKED, reference, null, null, null, null, null);
    }

    static Operation lookAtTrialBalance(String reference) {
        return new Operation(Kind.LOOK_AT_TRIAL_BALANCE, reference, null, null, null, null, null);
    }

    /** Whether asking again cannot have a second effect. */
    boolean isRepeatable() {
        return key != null || transferId != null || !kind.changes();
    }

    /** Who asks: each client begins its references with a name of its own. */
    String client() {
        int end = reference.lastIndexOf('-');
        return end < 0 ? reference : reference.substring(0, end);
    }

    /** By which the events of a request under a key can be told: of those that have an id and no content. */
    String operationId() {
        return switch (kind) {
            case BLOCK, UNBLOCK, CLOSURE -> OperationId.of(key, "POST /accounts/" + account + "/" + kind.label(), "{}");
            case RETRY -> OperationId.of(key, "POST /transfers/" + transferId + "/" + kind.label(), "\"\"");
            default -> throw new IllegalStateException(kind.label() + " is told by its reference");
        };
    }

    /** For a person who searches the log. */
    String subject() {
        return switch (kind) {
            case OPEN -> "account of " + reference;
            case DEPOSIT, WITHDRAWAL -> "account " + account + ", " + kind.label() + " " + reference + " of " + amount;
            case TRANSFER ->
                "transfer " + (transferId == null ? "" : transferId + " ") + reference + " of " + amount + " from "
                        + account + " to " + target;
            case CANCELLATION, RETRY, LOOK_AT_TRANSFER ->
                "transfer " + transferId + ", " + kind.label() + " " + reference;
            case BLOCK, UNBLOCK, CLOSURE, LOOK_AT_ACCOUNT ->
                "account " + account + ", " + kind.label() + " " + reference;
            case LOOK_AT_PARKED, LOOK_AT_TRIAL_BALANCE -> kind.label() + " " + reference;
        };
    }
}
