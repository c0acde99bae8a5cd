package florin.chaos;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountEvent;
import florin.account.api.AccountStatus;
import florin.account.api.AccountUnblocked;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.OperationBarred;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferEndedEvent;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What has to hold of the log by itself, when all is at rest. */
final class LogInvariants {
    /** One of which has to have happened to a transfer before; before anything else it has to be requested. */
    private static final Map<Class<?>, Set<Class<?>>> ONLY_AFTER = Map.of(
            TransferCredited.class, Set.of(FundsReserved.class),
            TransferCreditRejected.class, Set.of(FundsReserved.class),
            ReservationCaptured.class, Set.of(TransferCredited.class),
            ReservationReleased.class, Set.of(TransferCreditRejected.class, TransferCreditCancelled.class),
            TransferCompleted.class, Set.of(ReservationCaptured.class),
            TransferFailed.class, Set.of(FundsReservationRejected.class, ReservationReleased.class),
            TransferCancelled.class, Set.of(FundsReservationRejected.class, ReservationReleased.class));

    private LogInvariants() {}

    /** No token, no position and no event is missing or there twice. */
    static void isUnbroken(Invariant.Evidence evidence, Verdict verdict) {
        long token = 0;
        Map<String, Long> next = new HashMap<>();
        Set<String> ids = new HashSet<>();
        for (EventLog.Recorded event : evidence.log().events()) {
            long expected = next.getOrDefault(event.stream(), 0L);
            verdict.check(
                    event.token() == token && event.sequence() == expected && ids.add(event.id()),
                    event.stream() + ", event " + event.event(),
                    "token " + token + ", position " + expected + ", an id that no other event has",
                    "token " + event.token() + ", position " + event.sequence() + ", id " + event.id());
            token = event.token() + 1;
            next.put(event.stream(), event.sequence() + 1);
        }
    }

    static void staysWithinLimits(Invariant.Evidence evidence, Verdict verdict) {
        for (AccountBook book : evidence.books().accounts()) {
            for (int position = 0; position < book.figures().size(); position++) {
                AccountBook.Figures figures = book.figures().get(position);
                verdict.check(
                        book.availableMinor(figures) >= 0 && figures.reservedMinor() >= 0,
                        "account " + book.iban() + " at position " + position,
                        "never below its limit of " + book.text(-book.limitMinor()),
                        book.text(figures));
            }
            verdict.check(
                    book.foreign().isEmpty(),
                    "account " + book.iban(),
                    "moves money of its own currency, and only once it is open",
                    book.foreign());
        }
    }

    /**
     * New business is refused for the account's being blocked, or closed, as long as it is, and then only; what is reserved ends as
     * it would. An account that is closed has nothing.
     */
    static void blockedAndClosedTakeNoNewBusiness(Invariant.Evidence evidence, Verdict verdict) {
        Map<Iban, RefusalReason> refusing = new HashMap<>();
        for (EventLog.Recorded recorded : evidence.log().events()) {
            if (recorded.event() instanceof AccountEvent event) {
                RefusalReason reason = refusing.get(event.iban());
                verdict.check(
                        isRefusal(event) ? refuses(event, reason) : isPossible(event, reason),
                        "account " + event.iban() + " at position " + recorded.sequence(),
                        reason == null
                                ? "neither blocked nor closed: refuses nothing with AC06 or AC04"
                                : "refuses new business with " + reason,
                        event);
                if (event instanceof AccountBlocked) {
                    refusing.put(event.iban(), RefusalReason.AC06);
                } else if (event instanceof AccountUnblocked) {
                    refusing.remove(event.iban());
                } else if (event instanceof AccountClosed) {
                    refusing.put(event.iban(), RefusalReason.AC04);
                }
            }
        }
        for (AccountBook book : evidence.books().opened()) {
            book.turns(AccountStatus.CLOSED).forEach(turn -> {
                AccountBook.Figures figures = book.figures().get(turn.position());
                verdict.check(
                        figures.bookedMinor() == 0 && figures.reservedMinor() == 0,
                        "account " + book.iban() + " at position " + turn.position(),
                        "closed with nothing on it",
                        book.text(figures));
            });
        }
    }

    private static boolean isRefusal(AccountEvent event) {
        return event instanceof FundsReservationRejected || event instanceof TransferCreditRejected;
    }

    /** {@code reason} is null if there is none for all business. */
    private static boolean refuses(AccountEvent event, RefusalReason reason) {
        RefusalReason given = event instanceof FundsReservationRejected reservation
                ? reservation.reason()
                : ((TransferCreditRejected) event).reason();
        if (event instanceof FundsReservationRejected && given == RefusalReason.TM01) {
            return true; // It is called off.
        }
        return reason == null ? given != RefusalReason.AC06 && given != RefusalReason.AC04 : given == reason;
    }

    private static boolean isPossible(AccountEvent event, RefusalReason reason) {
        if (reason == RefusalReason.AC04) {
            return event instanceof TransferCreditCancelled || event instanceof OperationBarred;
        }
        return reason == null
                || !(event instanceof FundsReserved
                        || event instanceof TransferCredited
                        || event instanceof MoneyDeposited
                        || event instanceof MoneyWithdrawn
                        || event instanceof AccountClosed);
    }

    static void reservationsEndOnce(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            List<FundsReserved> reserved = transfer.all(FundsReserved.class);
            List<Object> ends = Stream.<Object>concat(
                            transfer.all(ReservationCaptured.class).stream(),
                            transfer.all(ReservationReleased.class).stream())
                    .toList();
            if (reserved.isEmpty() && ends.isEmpty()) {
                continue;
            }
            verdict.check(
                    reserved.size() == 1 && ends.size() == 1 && isEndOf(reserved.get(0), ends.get(0)),
                    "transfer " + transfer.id(),
                    "a reservation is made once, and captured or released once, with its amount",
                    reserved + " " + ends);
        }
    }

    private static boolean isEndOf(FundsReserved reserved, Object end) {
        return end instanceof ReservationCaptured captured
                ? captured.iban().equals(reserved.iban()) && captured.amount().equals(reserved.amount())
                : end instanceof ReservationReleased released
                        && released.iban().equals(reserved.iban())
                        && released.amount().equals(reserved.amount());
    }

    /**
     * At the source nothing is released while the target may hold the money, and nothing captured before it does: so the clearing
     * accounts hold what is in flight at every position of the log.
     */
    static void stepsFollowEachOther(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            Set<Class<?>> before = new HashSet<>();
            for (Object event : transfer.events()) {
                Set<Class<?>> needed = needed(event);
                verdict.check(
                        needed.isEmpty() || needed.stream().anyMatch(before::contains),
                        "transfer " + transfer.id(),
                        event + " only after " + needed,
                        transfer);
                before.add(event.getClass());
            }
        }
    }

    private static Set<Class<?>> needed(Object event) {
        if (event instanceof TransferRequested) {
            return Set.of();
        }
        boolean isReleasedUnseen =
                event instanceof FundsReservationRejected rejected && rejected.reason() == RefusalReason.TM01;
        return ONLY_AFTER.getOrDefault(
                isReleasedUnseen ? ReservationReleased.class : event.getClass(), Set.of(TransferRequested.class));
    }

    static void transfersAreFinal(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            int requests = transfer.all(TransferRequested.class).size();
            List<TransferEvent> own = transfer.all(TransferEvent.class);
            int ends = transfer.all(TransferEndedEvent.class).size();
            verdict.check(
                    requests == 1 && ends == 1 && own.get(own.size() - 1) instanceof TransferEndedEvent,
                    "transfer " + transfer.id(),
                    "requested once, and ended once",
                    transfer);
        }
    }

    /** CANCELLED only if somebody asked for it; FAILED only if nobody did, for a reason that an account gave or because its time was up. */
    static void endsWereCalledFor(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            if (transfer.end().isEmpty()) {
                continue; // Not final, which is another invariant.
            }
            Set<RefusalReason> reasons = EnumSet.of(RefusalReason.TM01);
            transfer.all(FundsReservationRejected.class).forEach(rejected -> reasons.add(rejected.reason()));
            transfer.all(TransferCreditRejected.class).forEach(rejected -> reasons.add(rejected.reason()));
            boolean holds =
                    switch (transfer.end().get()) {
                        case CANCELLED -> transfer.isCancellationRequested();
                        case FAILED ->
                            !transfer.isCancellationRequested()
                                    && transfer.all(TransferFailed.class).stream()
                                            .allMatch(failed -> reasons.contains(failed.reason()));
                        default -> true;
                    };
            verdict.check(
                    holds,
                    "transfer " + transfer.id(),
                    "CANCELLED if that was asked for, and else FAILED for one of " + reasons,
                    transfer + ": " + transfer.all(TransferEndedEvent.class));
        }
    }

    /** Called off once for each reason, let go on once by each operation, parked at a step once until it is let go on. */
    static void ordersHaveOneEffect(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            Set<RefusalReason> reasons = EnumSet.noneOf(RefusalReason.class);
            Set<String> operations = new HashSet<>();
            Set<TransferStep> parked = EnumSet.noneOf(TransferStep.class);
            for (TransferEvent event : transfer.all(TransferEvent.class)) {
                boolean isNew = true;
                if (event instanceof TransferCancellationRequested calledOff) {
                    isNew = reasons.add(calledOff.reason());
                    parked.clear();
                } else if (event instanceof TransferResumed resumed) {
                    isNew = operations.add(resumed.operationId());
                    parked.clear();
                } else if (event instanceof TransferParked at) {
                    isNew = parked.add(at.step());
                }
                verdict.check(isNew, "transfer " + transfer.id(), "each order has one effect", event);
            }
        }
    }

    /** COMPLETED: debited once and credited once. FAILED or CANCELLED: neither. */
    static void moneyMovesOnceOrNotAtAll(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            if (transfer.end().isEmpty() || transfer.request().isEmpty()) {
                continue; // Not final, which is another invariant.
            }
            boolean completed = transfer.end().get() == TransferStatus.COMPLETED;
            TransferRequested request = transfer.request().get();
            List<ReservationCaptured> debits = transfer.all(ReservationCaptured.class);
            List<TransferCredited> credits = transfer.all(TransferCredited.class);
            boolean once = completed
                    ? debits.size() == 1
                            && credits.size() == 1
                            && debits.get(0).iban().equals(request.from())
                            && debits.get(0).amount().equals(request.amount())
                            && credits.get(0).iban().equals(request.to())
                            && credits.get(0).amount().equals(request.amount())
                    : debits.isEmpty() && credits.isEmpty();
            verdict.check(
                    once,
                    "transfer " + transfer.id() + " of " + request.amount() + " from " + request.from() + " to "
                            + request.to(),
                    transfer.end().get() + (completed ? ": debited once and credited once" : ": no money moved"),
                    "debits " + debits + ", credits " + credits);
        }
    }

    /** At rest nothing is in flight. */
    static void clearingIsZero(Invariant.Evidence evidence, Verdict verdict) {
        Map<String, Long> clearing = new TreeMap<>();
        for (AccountBook book : evidence.books().opened()) {
            for (AccountBook.Entry entry : book.entries()) {
                boolean ofTransfer = entry.transferId() != null;
                clearing.merge(Books.currency(book), ofTransfer ? -entry.amountMinor() : 0, Long::sum);
            }
        }
        clearing.forEach((currency, minor) ->
                verdict.check(minor == 0, "clearing accounts in " + currency, "zero at rest", minor + " minor units"));
    }
}
