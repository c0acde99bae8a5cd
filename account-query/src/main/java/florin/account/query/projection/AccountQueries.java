package florin.account.query.projection;

import florin.account.api.AccountDetails;
import florin.account.api.AccountEntry;
import florin.account.api.AccountPage;
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

/** Answers the queries of accounts from the rows of the generations that are served. */
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

    @QueryHandler
    AccountPage handle(FindAccounts query) {
        String status = query.status() == null ? null : query.status().name();
        String behind = query.after() == null ? "" : query.after().value();
        int limit = limit(query.limit());
        List<AccountRow> rows = accounts.find(query.owner(), status, behind, limit + 1);
        List<AccountDetails> page =
                rows.stream().limit(limit).map(AccountRow::details).toList();
        return new AccountPage(page, rows.size() > limit ? page.get(limit - 1).iban() : null);
    }

    @QueryHandler
    EntryPage handle(FindEntries query) {
        EntryCursor after = EntryCursor.parse(query.after())
                .orElseThrow(() -> new IllegalArgumentException("'" + query.after() + "' is not a cursor"));
        int limit = limit(query.limit());
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

    private static int limit(int asked) {
        return Math.min(Math.max(asked, 1), MAX_LIMIT);
    }
}
