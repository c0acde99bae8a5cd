package florin.account.query.projection;

import florin.account.api.AccountDetails;
import florin.account.api.AccountEntry;
import florin.account.api.EntryPage;
import florin.account.api.FindAccount;
import florin.account.api.FindAccounts;
import florin.account.api.FindEntries;
import florin.account.api.FindTrialBalance;
import florin.account.api.TrialBalance;
import florin.account.query.EntryCursor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.axonframework.queryhandling.QueryHandler;
import org.springframework.stereotype.Component;

/** Answers the queries of accounts from the projected rows. */
@Component
class AccountQueries {

    private static final int MAX_LIMIT = 500;

    private final AccountRows accounts;
    private final EntryRows entries;

    AccountQueries(AccountRows accounts, EntryRows entries) {
        this.accounts = accounts;
        this.entries = entries;
    }

    @QueryHandler
    Optional<AccountDetails> handle(FindAccount query) {
        return accounts.find(query.iban().value()).map(AccountRow::details);
    }

    /** An array, since a list's element type does not survive the way through the message router. */
    @QueryHandler
    AccountDetails[] handle(FindAccounts query) {
        return accounts.findTop100ByOwner(query.owner()).stream()
                .map(AccountRow::details)
                .toArray(AccountDetails[]::new);
    }

    @QueryHandler
    EntryPage handle(FindEntries query) {
        EntryCursor after = EntryCursor.parse(query.after())
                .orElseThrow(() -> new IllegalArgumentException("'" + query.after() + "' is not a cursor"));
        int limit = Math.min(Math.max(query.limit(), 1), MAX_LIMIT);
        List<AccountEntry> rows = entries.find(query.iban().value(), after.position(), limit + 1);
        List<AccountEntry> page = rows.subList(0, Math.min(limit, rows.size()));
        String next =
                rows.size() > limit ? new EntryCursor(page.get(page.size() - 1).position()).text() : null;
        return new EntryPage(page, next);
    }

    @QueryHandler
    TrialBalance handle(FindTrialBalance query) {
        List<TrialBalance.Line> lines = entries.balances();
        Map<String, TrialBalance.Sum> totals = new TreeMap<>();
        lines.forEach(line ->
                totals.merge(line.balance().currency().getCurrencyCode(), line.balance(), TrialBalance.Sum::plus));
        return new TrialBalance(lines, List.copyOf(totals.values()));
    }
}
