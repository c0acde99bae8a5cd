package florin.account.api;

/**
 * Asks for the accounts of one owner, by IBAN. Answered by an {@link AccountPage}.
 *
 * @param status or null for any
 * @param after the next of the page before, or null
 * @param limit 1 to 500
 */
public record FindAccounts(String owner, AccountStatus status, Iban after, int limit) {}
