package florin.account.api;

import java.util.List;

/** Some entries, and the cursor of the next page or null. */
public record EntryPage(List<AccountEntry> entries, String next) {}
