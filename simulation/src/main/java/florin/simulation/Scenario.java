package florin.simulation;

import florin.account.api.DepositMoney;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.WithdrawMoney;
import florin.money.Money;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.TransferId;
import florin.transfer.saga.SimulatedTransfers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;

/** What a seed is about: the accounts, what clients ask for and when, and the settings of the services. */
final class Scenario {

    static final List<String> BRANCHES = List.of("FLNO", "FLSO");

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Currency USD = Currency.getInstance("USD");
    private static final long REQUESTS_FOR_MS = 120_000;

    /** Which machinery drives the transfers: each must be able to do it alone. */
    enum Drivers {
        BOTH,
        SAGA_ALONE,
        RECONCILER_ALONE
    }

    /** Something that a client asks for. */
    record Request(long atMs, Object command) {

        @Override
        public String toString() {
            return atMs + " " + command;
        }
    }

    private final Chance chance;
    private final List<Request> openings = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private final List<Iban> accounts = new ArrayList<>();
    private final SimulatedTransfers.Settings settings;
    private final Drivers drivers;
    private final int eventsPerSnapshot;
    private final long faultsForMs;

    Scenario(Chance chance, Bug bug) {
        this.chance = chance;
        drivers = bug.drivers()
                .orElseGet(() -> chance.pick(
                        "drivers", List.of(Drivers.BOTH, Drivers.BOTH, Drivers.SAGA_ALONE, Drivers.RECONCILER_ALONE)));
        settings = SimulatedTransfers.settings(
                Duration.ofSeconds(chance.pick("time limit", List.of(5, 5, 30, 120, 600))),
                chance.pick("attempts", List.of(1, 2, 3, 5, 20)),
                Duration.ofSeconds(60),
                Duration.ofSeconds(chance.pick("reconcile after", List.of(10, 30, 120))),
                Duration.ofSeconds(chance.pick("look back", lookBacks())));
        eventsPerSnapshot = chance.pick("events per snapshot", List.of(1, 2, 5, 500));
        faultsForMs = chance.between("length of the faults", 120_000, 600_000);
        open();
        for (int number = 1; number <= chance.between("transfers", 2, 7); number++) {
            transfer(number);
        }
        for (int number = 1; number <= chance.between("operations", 0, 4); number++) {
            operation(number);
        }
    }

    /** Those in seconds that make a saga find itself in the middle of a transfer are for where a reconciler drives it on. */
    private List<Integer> lookBacks() {
        return drivers == Drivers.BOTH ? List.of(0, 30, 120, 600, 3_600) : List.of(600, 3_600);
    }

    private void open() {
        for (int number = 1; number <= chance.between("accounts", 3, 5); number++) {
            Iban iban = Iban.of(BRANCHES.get(number % 2), number);
            Currency currency = chance.percent("currency of " + number, 8) ? USD : EUR;
            long limit = chance.percent("limit of " + number, 30) ? 2_000 : 0;
            accounts.add(iban);
            openings.add(
                    new Request(0, new OpenAccount(iban, "owner-" + number, currency, new Money(limit, currency))));
            if (chance.percent("deposit of " + number, 75)) {
                openings.add(new Request(
                        1_000, new DepositMoney(iban, "first-" + number, new Money(10_000, currency), "cash")));
            }
        }
    }

    private void transfer(int number) {
        Iban from = chance.pick("source of " + number, accounts);
        List<Iban> others = new ArrayList<>(accounts);
        others.remove(from);
        if (chance.percent("unknown target of " + number, 5)) {
            others = List.of(Iban.of(BRANCHES.get(number % 2), 99));
        }
        Iban to = chance.pick("target of " + number, others);
        Money amount = new Money(chance.spread("amount of " + number, 12_000), EUR);
        TransferId id = new TransferId("TRF-" + number);
        long atMs = chance.between("time of " + number, 2_000, REQUESTS_FOR_MS);
        requests.add(new Request(atMs, new RequestTransfer(id, from, to, amount, "rent")));
        if (chance.percent("contradiction of " + number, 5)) {
            requests.add(new Request(
                    atMs + chance.between("time of contradiction of " + number, -1_000, 10_000),
                    new RequestTransfer(id, from, to, new Money(1, EUR), "rent")));
        }
    }

    private void operation(int number) {
        Iban iban = chance.pick("account of operation " + number, accounts);
        Money amount = new Money(chance.spread("amount of operation " + number, 12_000), EUR);
        Object command = chance.percent("kind of operation " + number, 50)
                ? new DepositMoney(iban, "operation-" + number, amount, "cash")
                : new WithdrawMoney(iban, "operation-" + number, amount, "cash");
        requests.add(new Request(chance.between("time of operation " + number, 2_000, REQUESTS_FOR_MS), command));
    }

    /** Days later, from each account to the next: enough for each to forget what it did before. */
    List<Object> afterlife() {
        List<Object> later = new ArrayList<>();
        for (int index = 0; index < accounts.size(); index++) {
            Iban iban = accounts.get(index);
            Iban next = accounts.get((index + 1) % accounts.size());
            later.add(new DepositMoney(iban, "later-" + index, new Money(100, EUR), "cash"));
            for (int round = 1; round <= 2; round++) {
                TransferId id = new TransferId("TRF-later-" + index + "-" + round);
                later.add(new RequestTransfer(id, iban, next, new Money(1, EUR), "rent"));
            }
        }
        return later;
    }

    List<Request> openings() {
        return openings;
    }

    List<Request> requests() {
        return requests;
    }

    SimulatedTransfers.Settings settings() {
        return settings;
    }

    int eventsPerSnapshot() {
        return eventsPerSnapshot;
    }

    Drivers drivers() {
        return drivers;
    }

    @Override
    public String toString() {
        return "Driven by %s, %s, a snapshot each %d events, faults for %d s"
                .formatted(drivers, settings, eventsPerSnapshot, faultsForMs / 1_000);
    }

    /** When the faults stop. */
    long faultsForMs() {
        return faultsForMs;
    }
}
