package florin.simulation;

/** What must hold, whatever goes wrong. */
enum Invariant {
    ENTRIES_SUM_TO_ZERO("per currency, the sum of all entries is zero"),
    CLEARING_IS_IN_FLIGHT("the clearing accounts together hold the transfers in flight"),
    LIMIT_IS_KEPT("no account goes below its limit"),
    TRANSFER_ENDS("every transfer is final when the faults have stopped"),
    COMPLETED_MOVED_ONCE("COMPLETED: debited once and credited once, the amount and the accounts that were asked for"),
    FAILED_MOVED_NOTHING("FAILED or CANCELLED: neither debited nor credited"),
    ACCOUNTS_SAY_FIRST(
            "nothing is released before the target has refused it or barred it for good, and no transfer fails before its"
                    + " source has said that it holds nothing for it"),
    END_IS_NAMED_RIGHT(
            "CANCELLED if somebody asked for that, otherwise FAILED for what an account said or because its time was up"),
    RESERVATION_ENDS("a reservation never outlives its transfer"),
    ACKNOWLEDGED_STANDS("nothing that was acknowledged to a client is contradicted later"),
    ANSWER_IS_TRUE("balances that are answered are those of the event they name, and ends that are answered are so"),
    ONE_EFFECT(
            "no command of a transfer takes effect twice: it is parked, let go on and called off once for each reason"),
    NOTHING_THROWS("no part throws what nobody catches"),
    NOTHING_IS_LEFT("at rest no saga and no deadline is left, and the view shows every transfer as it is");

    private final String description;

    Invariant(String description) {
        this.description = description;
    }

    String description() {
        return description;
    }
}
