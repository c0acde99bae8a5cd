package florin.account.api;

/** Asks for the sums of all ledger accounts. Answered by a {@link TrialBalance}. */
public record FindTrialBalance() {}
