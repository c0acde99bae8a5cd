package florin.account.command;

/** What was asked for at the counter. */
enum Operation {
    DEPOSIT,
    WITHDRAWAL,
    BLOCKING,
    UNBLOCKING,
    CLOSURE
}
