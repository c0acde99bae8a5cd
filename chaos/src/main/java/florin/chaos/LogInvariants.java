package florin.chaos;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountEvent;
import florin.account.api.AccountUnblocked;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.transfer.api.TransferEndedEvent;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What has to hold of the log by itself, when all is at rest. */
final class LogInvariants {
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

    /** New business is refused for the account's being blocked as long as it is, and then only; what is reserved ends as it would. */
    static void blockedAccountsTakeNoNewBusiness(Invariant.Evidence evidence, Verdict verdict) {
        Set<Iban> blocked = new HashSet<>();
        for (EventLog.Recorded recorded : evidence.log().events()) {
            if (recorded.event() instanceof AccountEvent event) {
                boolean isBlocked = blocked.contains(event.iban());
                verdict.check(
                        isBlocked ? isOfBlocked(event) : !isRefusedAsBlocked(event),
                        "account " + event.iban() + " at position " + recorded.sequence(),
                        isBlocked
                                ? "blocked: refuses new business with AC06"
                                : "not blocked: refuses nothing with AC06",
                        event);
                if (event instanceof AccountBlocked) {
                    blocked.add(event.iban());
                } else if (event instanceof AccountUnblocked) {
                    blocked.remove(event.iban());
                }
            }
        }
    }

    private static boolean isOfBlocked(AccountEvent event) {
        if (event instanceof FundsReservationRejected refused && refused.reason() == RefusalReason.TM01) {
            return true; // It is called off.
        }
        return isRefusedAsBlocked(event)
                || !(event instanceof FundsReservationRejected
                        || event instanceof TransferCreditRejected
                        || event instanceof FundsReserved
                        || event instanceof TransferCredited
                        || event instanceof MoneyDeposited
                        || event instanceof MoneyWithdrawn);
    }

    private static boolean isRefusedAsBlocked(AccountEvent event) {
        return (event instanceof FundsReservationRejected reservation && reservation.reason() == RefusalReason.AC06)
                || (event instanceof TransferCreditRejected credit && credit.reason() == RefusalReason.AC06);
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

    static void transfersAreFinal(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook transfer : evidence.books().transfers()) {
            int requests = transfer.all(TransferRequested.class).size();
            int ends = transfer.all(TransferEndedEvent.class).size();
            verdict.check(
                    requests == 1 && ends == 1,
                    "transfer " + transfer.id(),
                    "requested once, and ended once",
                    transfer);
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

    /** At rest nothing is in flight, and what customers hold is what came in less what went out. */
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
