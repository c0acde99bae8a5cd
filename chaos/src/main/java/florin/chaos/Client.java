package florin.chaos;

import florin.account.api.Iban;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.time.Duration;
import java.util.Currency;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * One customer: asks for one thing after the other, waits a while for each answer, asks again or gives up, and writes down
 * what it was told.
 */
final class Client implements Runnable {
    private static final List<String> BRANCHES = List.of("FLNO", "FLSO");
    private static final List<Currency> CURRENCIES =
            List.of(Currency.getInstance("EUR"), Currency.getInstance("EUR"), Currency.getInstance("USD"));
    private static final Iban NOBODY = Iban.of("FLSO", 9_999_999_999L);
    static final int FIRST_ACCOUNTS = 2;
    private static final int DEPOSIT_TIMES = 10;
    private static final int MOST_REQUESTS = 12;
    private static final long PAUSE_BEFORE_REPEAT_MILLIS = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final int number;
    private final SplittableRandom random;
    private final Teller teller;
    private final Pool pool;
    private final History history;
    private int asked;
    private volatile boolean stopped;

    Client(int number, SplittableRandom random, Teller teller, Pool pool, History history) {
        this.number = number;
        this.random = random;
        this.teller = teller;
        this.pool = pool;
        this.history = history;
    }

    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            while (!stopped) {
                Choice choice = Choice.draw(random);
                act(next(choice), choice);
                TimeUnit.MILLISECONDS.sleep(choice.pauseMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Operation next(Choice choice) {
        String reference = "chaos-" + number + "-" + asked++;
        String key = choice.keyed() ? "key-" + reference : null;
        boolean isOneMore = choice.kind() == 98 || (choice.kind() < 3 && pool.size() < Pool.MOST_ACCOUNTS);
        if (asked <= FIRST_ACCOUNTS || pool.size() < 2 || isOneMore) {
            Currency currency = CURRENCIES.get(choice.target() % CURRENCIES.size());
            return Operation.open(reference, key, new Money(choice.odd() ? choice.amountMinor() : 0, currency));
        }
        Pool.Account account = pool.account(choice.account());
        Money amount = amount(choice, account);
        if (choice.kind() < 20) {
            Money paidIn = new Money(amount.minorUnits() * DEPOSIT_TIMES, amount.currency());
            return Operation.deposit(reference, key, account.iban(), paidIn);
        }
        if (choice.kind() < 35) {
            return Operation.withdrawal(reference, key, account.iban(), amount);
        }
        if (choice.kind() < 36) {
            return Operation.block(
                    reference, key, pool.sometimesBlocked(choice.account()).iban());
        }
        if (choice.kind() < 38) {
            return Operation.unblock(
                    reference, key, pool.sometimesBlocked(choice.account()).iban());
        }
        if (choice.kind() < 80 || !pool.hasTransfers()) {
            TransferId id = choice.keyed() ? null : new TransferId("TRF-" + reference);
            Iban target = choice.odd() && choice.keyed() ? NOBODY : target(choice, account);
            return Operation.transfer(reference, key, id, account.iban(), target, amount);
        }
        if (choice.kind() < 83) {
            return Operation.cancellation(reference, key, pool.transfer(choice.target()));
        }
        if (choice.kind() < 85) {
            return Operation.retry(reference, "key-" + reference, pool.toRetry(choice.target()));
        }
        if (choice.kind() < 90) {
            return Operation.lookAt(reference, account.iban());
        }
        if (choice.kind() < 95) {
            return Operation.lookAt(reference, pool.transfer(choice.target()));
        }
        if (choice.kind() < 96) {
            return Operation.lookAtParked(reference);
        }
        return pool.spare()
                .filter(spare -> choice.kind() == 99)
                .map(spare -> Operation.closure(reference, key, spare.iban()))
                .orElseGet(() -> Operation.lookAtTrialBalance(reference));
    }

    private static Money amount(Choice choice, Pool.Account account) {
        if (choice.odd() && !choice.keyed()) {
            String other = account.currency().getCurrencyCode().equals("EUR") ? "USD" : "EUR";
            return new Money(choice.amountMinor(), Currency.getInstance(other));
        }
        return new Money(choice.amountMinor(), account.currency());
    }

    /** An account of the same currency, if the first ones that chance gives have it; at times the very same account. */
    private Iban target(Choice choice, Pool.Account source) {
        for (int i = 0; i < 4; i++) {
            Pool.Account other = pool.account(choice.target() / 4 * 4 + i);
            if (other.currency().equals(source.currency()) && !other.equals(source)) {
                return other.iban();
            }
        }
        return pool.account(choice.target()).iban();
    }

    private void act(Operation operation, Choice choice) throws InterruptedException {
        String branch = BRANCHES.get(choice.account() % BRANCHES.size());
        Answer answer = ask(operation, branch, choice.patience());
        boolean again = operation.isRepeatable() && choice.insists();
        for (int requests = 1; again && answer.outcome() == Outcome.UNKNOWN && requests < MOST_REQUESTS; requests++) {
            if (stopped) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_BEFORE_REPEAT_MILLIS);
            answer = ask(operation, branch, PATIENCE);
        }
        if (answer.outcome() == Outcome.ACKNOWLEDGED) {
            learn(operation, answer);
        }
        if (operation.isRepeatable() && operation.kind().changes() && choice.repeats()) {
            ask(operation, branch, PATIENCE);
        }
    }

    private Answer ask(Operation operation, String branch, Duration patience) {
        Answer answer = teller.ask(operation, branch, patience);
        history.add(operation, answer);
        return answer;
    }

    private void learn(Operation operation, Answer answer) {
        JsonNode body = answer.body();
        if (operation.kind() == Kind.OPEN) {
            pool.add(new Pool.Account(
                    new Iban(body.path("iban").asString()), operation.amount().currency()));
        } else if (operation.kind() == Kind.TRANSFER) {
            pool.add(new TransferId(body.path("id").asString()));
        } else if (operation.kind() == Kind.LOOK_AT_PARKED) {
            body.path("transfers")
                    .forEach(transfer ->
                            pool.addParked(new TransferId(transfer.path("id").asString(""))));
        }
    }
}
