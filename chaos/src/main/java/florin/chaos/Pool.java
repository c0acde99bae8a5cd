package florin.chaos;

import florin.account.api.Iban;
import florin.transfer.api.TransferId;
import java.util.ArrayDeque;
import java.util.Currency;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/** The accounts and transfers that clients know of. Safe for use by several threads. */
final class Pool {
    /** So few that clients meet at the same accounts. */
    static final int MOST_ACCOUNTS = 24;

    private static final int MOST_TRANSFERS = 200;
    private static final int MOST_PARKED = 5;
    private static final int BLOCKED_ONE_IN = 5;
    private static final int SPARE_ONE_IN = 64;

    record Account(Iban iban, Currency currency) {}

    private final List<Account> accounts = new CopyOnWriteArrayList<>();
    /** The latest one of those that are closed again. */
    private final AtomicReference<Account> spare = new AtomicReference<>();

    private final Deque<TransferId> parked = new ArrayDeque<>();
    private final TransferId[] recent = new TransferId[MOST_TRANSFERS];
    private int transfers;

    /** One more than there are to be is soon closed again. */
    void add(Account account) {
        if (accounts.size() < MOST_ACCOUNTS) {
            accounts.add(account);
        } else {
            spare.set(account);
        }
    }

    /** The account to be closed next, which others may have done business with. */
    Optional<Account> spare() {
        return Optional.ofNullable(spare.get());
    }

    int size() {
        return accounts.size();
    }

    Account account(int number) {
        Account last = spare.get();
        return last != null && number % SPARE_ONE_IN == 0 ? last : accounts.get(number % accounts.size());
    }

    /** One of the few that are blocked and unblocked: the others do business all the time. */
    Account sometimesBlocked(int number) {
        return accounts.get(number % accounts.size() / BLOCKED_ONE_IN * BLOCKED_ONE_IN);
    }

    synchronized void add(TransferId id) {
        recent[transfers++ % MOST_TRANSFERS] = id;
    }

    /** It was seen to be parked. */
    synchronized void addParked(TransferId id) {
        if (!parked.contains(id)) {
            parked.add(id);
        }
        if (parked.size() > MOST_PARKED) {
            parked.remove();
        }
    }

    /** One that was parked not long ago, or else any. */
    synchronized TransferId toRetry(int number) {
        return parked.isEmpty()
                ? transfer(number)
                : parked.stream().skip(number % parked.size()).findFirst().orElseThrow();
    }

    synchronized boolean hasTransfers() {
        return transfers > 0;
    }

    /** One of the latest transfers. */
    synchronized TransferId transfer(int number) {
        return recent[number % Math.min(transfers, MOST_TRANSFERS)];
    }
}
