package florin.chaos;

import florin.account.api.Iban;
import florin.transfer.api.TransferId;
import java.util.Currency;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The accounts and transfers that clients know of. Safe for use by several threads. */
final class Pool {
    /** So few that clients meet at the same accounts. */
    static final int MOST_ACCOUNTS = 40;

    private static final int MOST_TRANSFERS = 200;
    private static final int BLOCKED_ONE_IN = 5;

    record Account(Iban iban, Currency currency) {}

    private final List<Account> accounts = new CopyOnWriteArrayList<>();
    private final TransferId[] recent = new TransferId[MOST_TRANSFERS];
    private int transfers;

    void add(Account account) {
        accounts.add(account);
    }

    int size() {
        return accounts.size();
    }

    Account account(int number) {
        return accounts.get(number % accounts.size());
    }

    /** One of the few that are blocked and unblocked: the others do business all the time. */
    Account sometimesBlocked(int number) {
        return accounts.get(number % accounts.size() / BLOCKED_ONE_IN * BLOCKED_ONE_IN);
    }

    synchronized void add(TransferId id) {
        recent[transfers++ % MOST_TRANSFERS] = id;
    }

    synchronized boolean hasTransfers() {
        return transfers > 0;
    }

    /** One of the latest transfers. */
    synchronized TransferId transfer(int number) {
        return recent[number % Math.min(transfers, MOST_TRANSFERS)];
    }
}
