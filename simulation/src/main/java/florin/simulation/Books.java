package florin.simulation;

import florin.account.api.AccountBalance;
import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.AccountUnblocked;
import florin.account.api.CreditState;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.OperationBarred;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.ReservationState;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.account.api.TransferLegEvent;
import florin.money.Money;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferEndedEvent;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Currency;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The books as an auditor keeps them: from the events alone, with plain numbers, knowing nothing of how the services decide.
 * Each event is checked as it is stored.
 */
final class Books {

    private final Map<Iban, Account> accounts = new LinkedHashMap<>();
    private final Map<TransferId, Transfer> transfers = new LinkedHashMap<>();
    private final Map<String, Long> cash = new TreeMap<>();
    private final Map<String, Long> clearing = new TreeMap<>();
    private Violation violation;

    /** What an account holds, in minor units. */
    static final class Account {
        String currency;
        long limit;
        long booked;
        long reserved;
        boolean blocked;
        boolean closed;
        final Set<String> operations = new HashSet<>();
        final Set<String> barred = new HashSet<>();
        /** What it was after each of its events. */
        private final List<AccountBalance> balances = new ArrayList<>();

        private void keepBalance(Iban iban) {
            if (currency == null) {
                balances.add(null);
                return;
            }
            Currency of = Money.currency(currency);
            balances.add(new AccountBalance(
                    iban,
                    new Money(booked, of),
                    new Money(reserved, of),
                    new Money(booked - reserved + limit, of),
                    balances.size()));
        }

        private boolean was(AccountBalance balance) {
            return balance.position() < balances.size() && balance.equals(balances.get((int) balance.position()));
        }
    }

    /** What happened to a transfer. */
    static final class Transfer {
        TransferRequested request;
        String source = "";
        String target = "";
        TransferStatus end;
        Step last = Step.REQUEST;
        /** Whether somebody asked for its cancellation; that its time is up is another thing. */
        boolean cancelled;

        /** Why accounts have refused it. */
        final Set<RefusalReason> refusals = EnumSet.noneOf(RefusalReason.class);

        /** The position of its last event, and of the one that let it go on last: its request at first. */
        private long position;

        private long letGoOnAt;
        /** Where it was asked to be parked, and as of which of its events that let it go on. */
        private final Map<TransferStep, Long> parkings = new EnumMap<>(TransferStep.class);

        final Set<String> effects = new HashSet<>();

        boolean isInFlight() {
            return target.equals("credited") && !source.equals("captured");
        }

        boolean touches(Iban iban) {
            return request.from().equals(iban) || request.to().equals(iban);
        }
    }

    /** The first that was broken, or null. */
    Violation violation() {
        return violation;
    }

    void broken(Invariant invariant, TransferId transfer, String what) {
        if (violation == null) {
            violation = new Violation(invariant, what, transfer);
        }
    }

    Account account(Iban iban) {
        return accounts.computeIfAbsent(iban, any -> new Account());
    }

    /** Null if it was never requested. */
    Transfer transfer(TransferId id) {
        return transfers.get(id);
    }

    Collection<Transfer> transfers() {
        return transfers.values();
    }

    void enter(Object event) {
        if (event instanceof TransferLegEvent leg) {
            enterLeg(leg, transfers.get(leg.transferId()));
        } else if (event instanceof AccountEvent of) {
            enterAccount(of);
        } else {
            enterTransfer((TransferEvent) event);
        }
        if (event instanceof AccountEvent of) {
            account(of.iban()).keepBalance(of.iban());
        }
        checkSums(Step.transferOf(event));
    }

    private void enterAccount(AccountEvent event) {
        Account account = account(event.iban());
        if (event instanceof AccountOpened opened) {
            if (account.currency != null) {
                broken(Invariant.ACKNOWLEDGED_STANDS, null, event.iban() + " was opened twice");
            }
            account.currency = opened.currency().getCurrencyCode();
            account.limit = opened.overdraftLimit().minorUnits();
        } else if (event instanceof MoneyDeposited deposited) {
            operation(account, deposited.operationId());
            newBusiness(account, event, null);
            book(account, deposited.amount(), 1, cash);
        } else if (event instanceof MoneyWithdrawn withdrawn) {
            operation(account, withdrawn.operationId());
            newBusiness(account, event, null);
            book(account, withdrawn.amount(), -1, cash);
        } else if (event instanceof OperationBarred barred) {
            if (account.operations.contains(barred.operationId()) || !account.barred.add(barred.operationId())) {
                broken(Invariant.ACKNOWLEDGED_STANDS, null, barred + " is of what was done or barred before");
            }
        } else if (event instanceof AccountBlocked blocked) {
            operation(account, blocked.operationId());
            account.blocked = true;
        } else if (event instanceof AccountUnblocked unblocked) {
            operation(account, unblocked.operationId());
            account.blocked = false;
        } else if (event instanceof AccountClosed closed) {
            operation(account, closed.operationId());
            newBusiness(account, event, null);
            if (account.booked != 0 || account.reserved != 0) {
                broken(Invariant.RESERVATION_ENDS, null, event.iban() + " was closed with money in it");
            }
            account.closed = true;
        }
    }

    private void operation(Account account, String id) {
        if (!account.operations.add(id)) {
            broken(Invariant.ACKNOWLEDGED_STANDS, null, id + " was done twice");
        }
        if (account.barred.contains(id)) {
            broken(Invariant.ACKNOWLEDGED_STANDS, null, id + " was done after it was refused for good");
        }
        if (account.closed) {
            broken(Invariant.ACKNOWLEDGED_STANDS, null, id + " was done at an account that is closed");
        }
    }

    /** What ends is not new: a blocked account captures and releases what it has reserved. */
    private void newBusiness(Account account, AccountEvent event, TransferId transfer) {
        if (account.blocked) {
            broken(Invariant.ACKNOWLEDGED_STANDS, transfer, event + " at an account that is blocked");
        }
    }

    private void enterLeg(TransferLegEvent event, Transfer transfer) {
        TransferId id = event.transferId();
        Account account = account(event.iban());
        if (transfer == null) {
            broken(Invariant.COMPLETED_MOVED_ONCE, null, event + " is of a transfer that nobody asked for");
            return;
        }
        transfer.last = Step.of(event);
        if (event instanceof FundsReserved reserved) {
            newBusiness(account, event, id);
            account.reserved += reserved.amount().minorUnits();
            move(transfer, reserved, reserved.amount(), transfer.request.from());
            source(transfer, event, "", "reserved");
        } else if (event instanceof FundsReservationRejected rejected) {
            transfer.refusals.add(rejected.reason());
            source(transfer, event, "", "rejected");
            if (rejected.reason() == RefusalReason.TM01) {
                letGo(transfer, event);
            }
        } else if (event instanceof ReservationCaptured captured) {
            account.reserved -= captured.amount().minorUnits();
            book(account, captured.amount(), -1, clearing);
            move(transfer, captured, captured.amount(), transfer.request.from());
            source(transfer, event, "reserved", "captured");
        } else if (event instanceof ReservationReleased released) {
            account.reserved -= released.amount().minorUnits();
            source(transfer, event, "reserved", "released");
            letGo(transfer, event);
        } else if (event instanceof TransferCredited credited) {
            newBusiness(account, event, id);
            book(account, credited.amount(), 1, clearing);
            move(transfer, credited, credited.amount(), transfer.request.to());
            target(transfer, event, "credited");
        } else if (event instanceof TransferCreditRejected rejected) {
            transfer.refusals.add(rejected.reason());
            target(transfer, event, "rejected");
        } else if (event instanceof TransferCreditCancelled) {
            target(transfer, event, "barred");
        }
        checkEnd(id, transfer);
    }

    private void enterTransfer(TransferEvent event) {
        if (event instanceof TransferRequested requested) {
            Transfer transfer = new Transfer();
            transfer.request = requested;
            if (transfers.put(event.transferId(), transfer) != null) {
                broken(Invariant.ACKNOWLEDGED_STANDS, event.transferId(), "the transfer was requested twice");
            }
            return;
        }
        Transfer transfer = transfers.get(event.transferId());
        if (transfer.end != null) {
            broken(Invariant.ACKNOWLEDGED_STANDS, event.transferId(), event + " comes after " + transfer.end);
        }
        transfer.last = Step.of(event);
        transfer.position++;
        if (event instanceof TransferCancellationRequested requested) {
            once(transfer, event, requested.reason());
            transfer.cancelled |= requested.reason() == RefusalReason.DS02;
            transfer.letGoOnAt = transfer.position;
        } else if (event instanceof TransferResumed resumed) {
            once(transfer, event, resumed.operationId());
            transfer.letGoOnAt = transfer.position;
        } else if (event instanceof TransferParked parked) {
            once(transfer, event, parked.step() + " after " + transfer.letGoOnAt);
            if (transfer.parkings.getOrDefault(parked.step(), -1L) < transfer.letGoOnAt) {
                broken(
                        Invariant.ONE_EFFECT,
                        event.transferId(),
                        event + " was not asked for since the transfer was let go on");
            }
        }
        if (event instanceof TransferEndedEvent) {
            transfer.end = event instanceof TransferCompleted
                    ? TransferStatus.COMPLETED
                    : event instanceof TransferCancelled ? TransferStatus.CANCELLED : TransferStatus.FAILED;
            checkEnd(event.transferId(), transfer);
            checkLabel(event, transfer);
        }
    }

    private void checkLabel(TransferEvent end, Transfer transfer) {
        boolean isRight = true;
        if (end instanceof TransferCancelled) {
            isRight = transfer.cancelled;
        } else if (end instanceof TransferFailed failed) {
            isRight = !transfer.cancelled
                    && (failed.reason() == RefusalReason.TM01 || transfer.refusals.contains(failed.reason()));
        }
        if (!isRight) {
            broken(
                    Invariant.END_IS_NAMED_RIGHT,
                    end.transferId(),
                    end + " of a transfer that was " + (transfer.cancelled ? "" : "not ")
                            + "to be cancelled and was refused for " + transfer.refusals);
        }
    }

    /** Somebody asks for a transfer to be parked, as of what it knows of it. */
    void asked(ParkTransfer parking) {
        Long unused = transfers.get(parking.transferId()).parkings.merge(parking.step(), parking.since(), Math::max);
    }

    /** What is answered is what the events say: balances as of their position, what does not change any more as it is now. */
    void answered(Object command, Object answer) {
        TransferId id = Step.transferOf(command);
        Transfer transfer = id == null ? null : transfers.get(id);
        boolean isTrue = true;
        if (answer instanceof AccountBalance balance) {
            isTrue = account(balance.iban()).was(balance);
        } else if (transfer != null && answer instanceof TransferStatus status) {
            isTrue = !status.isFinal() || status == transfer.end;
        } else if (transfer != null && answer instanceof ReservationState state) {
            isTrue = state == ReservationState.RESERVED
                    ? !transfer.source.isEmpty() && !transfer.source.equals("rejected")
                    : transfer.source.equals(state.name().toLowerCase(Locale.ROOT));
        } else if (transfer != null && answer instanceof CreditState state) {
            isTrue =
                    !transfer.target.isEmpty() && (state == CreditState.CREDITED) == transfer.target.equals("credited");
        }
        if (!isTrue) {
            broken(Invariant.ANSWER_IS_TRUE, id, command + " was answered " + answer);
        }
    }

    private void once(Transfer transfer, TransferEvent event, Object why) {
        if (!transfer.effects.add(event.getClass().getSimpleName() + " " + why)) {
            broken(Invariant.ONE_EFFECT, event.transferId(), event + " is there twice: " + why);
        }
    }

    private void source(Transfer transfer, TransferLegEvent event, String from, String to) {
        if (!transfer.source.equals(from)) {
            broken(
                    Invariant.COMPLETED_MOVED_ONCE,
                    event.transferId(),
                    event + " at a source that is " + (transfer.source.isEmpty() ? "untouched" : transfer.source));
        }
        transfer.source = to;
    }

    /** A credit is booked once, and not where the target has said no; that it says no again does no harm. */
    private void target(Transfer transfer, TransferLegEvent event, String to) {
        if (transfer.target.equals("credited") || (to.equals("credited") && !transfer.target.isEmpty())) {
            broken(
                    transfer.target.equals("credited")
                            ? Invariant.COMPLETED_MOVED_ONCE
                            : Invariant.FAILED_MOVED_NOTHING,
                    event.transferId(),
                    event + " at a target that is " + transfer.target);
        }
        transfer.target = to;
    }

    /** The source lets go of a transfer that it has not refused, for which it takes the target's word. */
    private void letGo(Transfer transfer, TransferLegEvent event) {
        if (!transfer.target.equals("rejected") && !transfer.target.equals("barred")) {
            broken(
                    Invariant.ACCOUNTS_SAY_FIRST,
                    event.transferId(),
                    event + " with a target that is " + (transfer.target.isEmpty() ? "untouched" : transfer.target));
        }
    }

    private void move(Transfer transfer, TransferLegEvent event, Money amount, Iban iban) {
        if (!event.iban().equals(iban) || !amount.equals(transfer.request.amount())) {
            broken(Invariant.COMPLETED_MOVED_ONCE, event.transferId(), event + " is not what was asked for");
        }
        if (account(iban).closed || !amount.currency().getCurrencyCode().equals(account(iban).currency)) {
            broken(Invariant.COMPLETED_MOVED_ONCE, event.transferId(), event + " at an account that cannot take it");
        }
    }

    private void checkEnd(TransferId id, Transfer transfer) {
        if (transfer.end == null) {
            return;
        }
        if (transfer.source.equals("reserved")) {
            broken(Invariant.RESERVATION_ENDS, id, "it is " + transfer.end + ", and its amount is reserved");
        }
        boolean credited = transfer.target.equals("credited");
        boolean captured = transfer.source.equals("captured");
        if (transfer.end == TransferStatus.COMPLETED && !(credited && captured)) {
            broken(Invariant.COMPLETED_MOVED_ONCE, id, "it is COMPLETED, and " + legs(transfer));
        }
        if (transfer.end != TransferStatus.COMPLETED && (credited || captured)) {
            broken(Invariant.FAILED_MOVED_NOTHING, id, "it is " + transfer.end + ", and " + legs(transfer));
        }
        if (transfer.end != TransferStatus.COMPLETED && transfer.source.isEmpty()) {
            broken(Invariant.ACCOUNTS_SAY_FIRST, id, "it is " + transfer.end + ", and its source has said nothing");
        }
    }

    private static String legs(Transfer transfer) {
        return "source: " + transfer.source + ", target: " + transfer.target;
    }

    /** Two entries of the same amount, one at the account, one at the other side. */
    private static void book(Account account, Money amount, int sign, Map<String, Long> otherSide) {
        account.booked += sign * amount.minorUnits();
        otherSide.merge(amount.currency().getCurrencyCode(), -sign * amount.minorUnits(), Long::sum);
    }

    private void checkSums(TransferId id) {
        Map<String, Long> sums = new TreeMap<>(cash);
        clearing.forEach((currency, sum) -> sums.merge(currency, sum, Long::sum));
        accounts.forEach((iban, account) -> {
            if (account.currency != null) {
                sums.merge(account.currency, account.booked, Long::sum);
            }
            if (account.booked - account.reserved + account.limit < 0) {
                broken(
                        Invariant.LIMIT_IS_KEPT,
                        id,
                        iban + " has " + account.booked + " booked and " + account.reserved
                                + " reserved with a limit of " + account.limit);
            }
        });
        sums.forEach((currency, sum) -> {
            if (sum != 0) {
                broken(Invariant.ENTRIES_SUM_TO_ZERO, id, "the entries in " + currency + " sum to " + sum);
            }
        });
        Map<String, Long> inFlight = new TreeMap<>();
        transfers.values().stream()
                .filter(Transfer::isInFlight)
                .forEach(transfer -> inFlight.merge(
                        transfer.request.amount().currency().getCurrencyCode(),
                        -transfer.request.amount().minorUnits(),
                        Long::sum));
        clearing.forEach((currency, sum) -> {
            if (!sum.equals(inFlight.getOrDefault(currency, 0L))) {
                broken(
                        Invariant.CLEARING_IS_IN_FLIGHT,
                        id,
                        "clearing in " + currency + " is " + sum + ", in flight is "
                                + inFlight.getOrDefault(currency, 0L));
            }
        });
    }

    /** What must hold when nothing is under way any more. */
    void checkRest() {
        transfers.forEach((id, transfer) -> {
            if (transfer.end == null) {
                broken(Invariant.TRANSFER_ENDS, id, "it is not final; " + legs(transfer));
            }
        });
        accounts.forEach((iban, account) -> {
            if (account.reserved != 0) {
                broken(Invariant.RESERVATION_ENDS, null, account.reserved + " is still reserved at " + iban);
            }
        });
    }
}
