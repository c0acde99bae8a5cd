package florin.account.query;

import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.OperationBarred;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.util.ArrayList;
import java.util.Currency;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A plain model of two branches that makes up what happens, and knows what must come out of it. */
public final class RandomBank {

    /** An event and its sequence number in its account's stream. */
    public record Happened(AccountEvent event, long position) {}

    /** What an account must look like. */
    public static final class Account {
        public final Iban iban;
        public final Currency currency;
        public long booked;
        public long reserved;
        public long position;

        Account(Iban iban, Currency currency, long position) {
            this.iban = iban;
            this.currency = currency;
            this.position = position;
        }
    }

    private enum Stage {
        RESERVED,
        CREDITED,
        REJECTED
    }

    private static final class Transfer {
        final TransferId id;
        final Account from;
        final Account to;
        final Money amount;
        Stage stage = Stage.RESERVED;

        Transfer(TransferId id, Account from, Account to, Money amount) {
            this.id = id;
            this.from = from;
            this.to = to;
            this.amount = amount;
        }
    }

    private static final List<Currency> CURRENCIES = List.of(Currency.getInstance("EUR"), Currency.getInstance("JPY"));

    private final Random random;
    private final String prefix;
    private final List<String> branches;
    private final int maxAccounts;
    private final List<Account> accounts = new ArrayList<>();
    private final List<Transfer> open = new ArrayList<>();
    private int transfers;

    public RandomBank(long seed, String north, String south, int maxAccounts) {
        this.random = new Random(seed);
        this.prefix = north + south + seed;
        this.branches = List.of(north, south);
        this.maxAccounts = maxAccounts;
    }

    public List<Account> accounts() {
        return accounts;
    }

    /** Credited at the target, not yet captured at the source, by currency code. */
    public Map<String, Long> inFlight() {
        Map<String, Long> sums = new LinkedHashMap<>();
        CURRENCIES.forEach(currency -> sums.put(currency.getCurrencyCode(), 0L));
        open.stream()
                .filter(transfer -> transfer.stage == Stage.CREDITED)
                .forEach(transfer -> sums.merge(
                        transfer.amount.currency().getCurrencyCode(), transfer.amount.minorUnits(), Long::sum));
        return sums;
    }

    public List<Happened> events(int atLeast) {
        List<Happened> events = new ArrayList<>();
        while (events.size() < atLeast) {
            events.addAll(next());
        }
        return events;
    }

    private List<Happened> next() {
        if (accounts.size() < 4 || (accounts.size() < maxAccounts && random.nextInt(10) == 0)) {
            return openAccount();
        }
        Account account = accounts.get(random.nextInt(accounts.size()));
        return switch (random.nextInt(6)) {
            case 0 -> List.of(deposit(account));
            case 1 -> withdraw(account);
            case 2 -> reserve(account);
            default -> advance();
        };
    }

    private List<Happened> openAccount() {
        Iban iban = Iban.of(branches.get(accounts.size() % 2), 1 + accounts.size());
        Currency currency = CURRENCIES.get((accounts.size() / 2) % 2);
        List<Happened> events = new ArrayList<>();
        if (random.nextInt(3) == 0) {
            events.add(new Happened(new FundsReservationRejected(iban, transferId(), RefusalReason.AC01), 0));
        }
        events.add(new Happened(
                new AccountOpened(iban, "owner-" + prefix, currency, Money.zero(currency)), events.size()));
        accounts.add(new Account(iban, currency, events.size() - 1));
        return events;
    }

    private Happened deposit(Account account) {
        Money amount = new Money(1 + random.nextInt(100_000), account.currency);
        account.booked += amount.minorUnits();
        return new Happened(
                new MoneyDeposited(account.iban, "op-" + random.nextLong(), amount, "salary"), ++account.position);
    }

    private List<Happened> withdraw(Account account) {
        long available = account.booked - account.reserved;
        if (available < 1) {
            return List.of(
                    new Happened(new OperationBarred(account.iban, "op-" + random.nextLong()), ++account.position));
        }
        Money amount = new Money(1 + (long) random.nextInt((int) Math.min(available, 1_000_000)), account.currency);
        account.booked -= amount.minorUnits();
        return List.of(new Happened(
                new MoneyWithdrawn(account.iban, "op-" + random.nextLong(), amount, "cash"), ++account.position));
    }

    private List<Happened> reserve(Account from) {
        Account to = accounts.get(random.nextInt(accounts.size()));
        long available = from.booked - from.reserved;
        if (to == from || !to.currency.equals(from.currency)) {
            return List.of();
        }
        TransferId id = transferId();
        if (available < 1) {
            return List.of(
                    new Happened(new FundsReservationRejected(from.iban, id, RefusalReason.AM04), ++from.position));
        }
        Money amount = new Money(1 + (long) random.nextInt((int) Math.min(available, 1_000_000)), from.currency);
        from.reserved += amount.minorUnits();
        open.add(new Transfer(id, from, to, amount));
        return List.of(new Happened(new FundsReserved(from.iban, id, amount, to.iban), ++from.position));
    }

    private List<Happened> advance() {
        if (open.isEmpty()) {
            return List.of();
        }
        Transfer transfer = open.get(random.nextInt(open.size()));
        Account from = transfer.from;
        long amount = transfer.amount.minorUnits();
        return switch (transfer.stage) {
            case RESERVED -> creditOrReject(transfer);
            case CREDITED -> {
                open.remove(transfer);
                from.booked -= amount;
                from.reserved -= amount;
                yield List.of(new Happened(
                        new ReservationCaptured(from.iban, transfer.id, transfer.amount), ++from.position));
            }
            case REJECTED -> {
                open.remove(transfer);
                from.reserved -= amount;
                yield List.of(new Happened(
                        new ReservationReleased(from.iban, transfer.id, transfer.amount), ++from.position));
            }
        };
    }

    private List<Happened> creditOrReject(Transfer transfer) {
        Account to = transfer.to;
        if (random.nextInt(5) == 0) {
            transfer.stage = Stage.REJECTED;
            return List.of(
                    new Happened(new TransferCreditRejected(to.iban, transfer.id, RefusalReason.AC04), ++to.position));
        }
        transfer.stage = Stage.CREDITED;
        to.booked += transfer.amount.minorUnits();
        return List.of(new Happened(
                new TransferCredited(to.iban, transfer.id, transfer.amount, transfer.from.iban), ++to.position));
    }

    private TransferId transferId() {
        return new TransferId("TRF-" + prefix + "-" + ++transfers);
    }
}
