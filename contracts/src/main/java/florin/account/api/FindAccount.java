package florin.account.api;

/** Asks for one account. Answered by an optional {@link AccountDetails}. */
public record FindAccount(Iban iban) {}
