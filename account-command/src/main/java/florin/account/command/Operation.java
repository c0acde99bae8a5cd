package florin.account.command;

/** What a customer asked for at the counter. */
enum Operation {
    DEPOSIT,
    WITHDRAWAL,
    CLOSURE
}
