package florin.account.api;

/** Asks for entries of one account, oldest first. Answered by an {@link EntryPage}. */
public record FindEntries(Iban iban, String after, int limit) {}
