package florin.chaos;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.AccountUnblocked;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCredited;
import florin.money.Money;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One account as its events have it, position by position: a plain model, which knows no rules and refuses nothing. */
final class AccountBook {
    /** Sums in minor units of the account's currency, and whether it does business. */
    record Figures(long bookedMinor, long reservedMinor, AccountStatus status) {}

    /** What a customer would see of one event that moved money; what came in is positive. */
    record Entry(long position, long amountMinor, String kind, String transferId, String reference) {}

    /** It was blocked, unblocked or closed. */
    record Turn(AccountStatus to, int position, String operationId) {}

    private final Iban iban;
    private final List<Figures> figures = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final List<Money> foreign = new ArrayList<>();
    private final List<Turn> turns = new ArrayList<>();
    private AccountOpened opened;

    AccountBook(Iban iban) {
        this.iban = iban;
    }

    void add(AccountEvent event) {
        Figures before = last();
        long booked = 0;
        long reserved = 0;
        AccountStatus status = before.status();
        if (event instanceof AccountOpened first && opened == null) {
            opened = first;
        } else if (event instanceof MoneyDeposited in) {
            booked = enter(in.amount(), 1, "DEPOSIT", null, in.reference());
        } else if (event instanceof MoneyWithdrawn out) {
            booked = enter(out.amount(), -1, "WITHDRAWAL", null, out.reference());
        } else if (event instanceof TransferCredited in) {
            booked = enter(in.amount(), 1, "TRANSFER_IN", in.transferId().value(), null);
        } else if (event instanceof FundsReserved aside) {
            reserved = own(aside.amount());
        } else if (event instanceof ReservationReleased back) {
            reserved = -own(back.amount());
        } else if (event instanceof ReservationCaptured out) {
            booked = enter(out.amount(), -1, "TRANSFER_OUT", out.transferId().value(), null);
            reserved = booked;
        } else if (event instanceof AccountBlocked blocked) {
            status = turn(AccountStatus.BLOCKED, blocked.operationId());
        } else if (event instanceof AccountUnblocked unblocked) {
            status = turn(AccountStatus.OPEN, unblocked.operationId());
        } else if (event instanceof AccountClosed closed) {
            status = turn(AccountStatus.CLOSED, closed.operationId());
        }
        figures.add(new Figures(before.bookedMinor() + booked, before.reservedMinor() + reserved, status));
    }

    private long enter(Money amount, int sign, String kind, String transferId, String reference) {
        long signed = sign * own(amount);
        entries.add(new Entry(figures.size(), signed, kind, transferId, reference));
        return signed;
    }

    private AccountStatus turn(AccountStatus to, String operationId) {
        turns.add(new Turn(to, figures.size(), operationId));
        return to;
    }

    private long own(Money amount) {
        if (opened == null || !amount.currency().equals(opened.currency())) {
            foreign.add(amount);
        }
        return amount.minorUnits();
    }

    Iban iban() {
        return iban;
    }

    /** How it was opened; empty if refusals are all that there is. */
    Optional<AccountOpened> opened() {
        return Optional.ofNullable(opened);
    }

    /** After each event. */
    List<Figures> figures() {
        return figures;
    }

    /** After the last event. */
    Figures last() {
        return figures.isEmpty() ? new Figures(0, 0, AccountStatus.OPEN) : figures.get(figures.size() - 1);
    }

    List<Entry> entries() {
        return entries;
    }

    /** Amounts that an account of this currency, or one that is not open, should not have moved. */
    List<Money> foreign() {
        return foreign;
    }

    /** In their order. */
    List<Turn> turns(AccountStatus to) {
        return turns.stream().filter(turn -> turn.to() == to).toList();
    }

    long limitMinor() {
        return opened == null ? 0 : opened.overdraftLimit().minorUnits();
    }

    long availableMinor(Figures at) {
        return at.bookedMinor() - at.reservedMinor() + limitMinor();
    }

    /** An amount of this account in words. */
    String text(long minor) {
        return opened == null ? minor + " minor units" : new Money(minor, opened.currency()).toString();
    }

    String text(Figures at) {
        return "booked " + text(at.bookedMinor()) + ", reserved " + text(at.reservedMinor());
    }
}
