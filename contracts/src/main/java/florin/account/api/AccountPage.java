package florin.account.api;

import java.util.List;

/** Some accounts, and the IBAN after which the next page begins, or null. */
public record AccountPage(List<AccountDetails> accounts, Iban next) {}
