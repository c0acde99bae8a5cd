package florin.account.command;

/** What was asked for at the counter. */
enum Operation {
    DEPOSIT,
    WITHDRAWAL,
    BLOCKING,
    UNBLOCKING,
    CLOSURE,
    /** Of whichever kind: it was refused, and is not done any more. */
    BARRED
}
