package florin.account.api;

/** Asks for the accounts of one owner. Answered by a list of {@link AccountDetails}, at most 100. */
public record FindAccounts(String owner) {}
