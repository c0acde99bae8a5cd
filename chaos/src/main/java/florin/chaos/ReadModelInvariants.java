package florin.chaos;

import florin.account.api.AccountDetails;
import florin.account.api.AccountEntry;
import florin.account.api.TrialBalance;
import florin.transfer.api.TransferDetails;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the query APIs have to show at rest: what the log says. */
final class ReadModelInvariants {
    private ReadModelInvariants() {}

    static void accountsAreThoseOfTheLog(Invariant.Evidence evidence, Verdict verdict) {
        for (AccountBook book : evidence.books().opened()) {
            AccountDetails shown = evidence.shown().accounts().get(book.iban());
            String log = book.text(book.last()) + ", " + book.last().status() + ", position "
                    + (book.figures().size() - 1);
            String found = shown == null
                    ? "nothing"
                    : "booked " + shown.booked() + ", reserved " + shown.reserved() + ", " + shown.status()
                            + ", position " + shown.position();
            verdict.check(log.equals(found), "account " + book.iban(), log, found);
        }
    }

    static void entriesAreThoseOfTheLog(Invariant.Evidence evidence, Verdict verdict) {
        for (AccountBook book : evidence.books().opened()) {
            List<AccountEntry> shown = evidence.shown().entries().getOrDefault(book.iban(), List.of());
            for (int i = 0; i < Math.max(shown.size(), book.entries().size()); i++) {
                AccountBook.Entry log =
                        i < book.entries().size() ? book.entries().get(i) : null;
                AccountBook.Entry found = i < shown.size() ? entry(shown.get(i)) : null;
                verdict.check(log != null && log.equals(found), "account " + book.iban(), log, found);
            }
        }
    }

    private static AccountBook.Entry entry(AccountEntry shown) {
        return new AccountBook.Entry(
                shown.position(), shown.amount().minorUnits(), shown.kind(), shown.transferId(), shown.reference());
    }

    /** Each ledger account is the sum of its events, and all together are zero. */
    static void trialBalanceIsThatOfTheLog(Invariant.Evidence evidence, Verdict verdict) {
        Map<String, Long> log = new TreeMap<>();
        for (AccountBook book : evidence.books().opened()) {
            String currency = Books.currency(book);
            String branch = book.iban().branch();
            for (AccountBook.Entry entry : book.entries()) {
                String other = entry.transferId() == null ? "CASH:" : "CLEARING:";
                log.merge("CUSTOMERS:" + branch + " " + currency, entry.amountMinor(), Long::sum);
                log.merge(other + branch + " " + currency, -entry.amountMinor(), Long::sum);
            }
        }
        Map<String, Long> shown = new TreeMap<>();
        evidence.shown()
                .trialBalance()
                .lines()
                .forEach(line -> shown.put(
                        line.account() + " " + line.balance().currency(),
                        line.balance().minorUnits().longValueExact()));
        List<String> names = new ArrayList<>(log.keySet());
        shown.keySet().stream().filter(name -> !log.containsKey(name)).forEach(names::add);
        names.forEach(name -> verdict.check(
                log.getOrDefault(name, 0L).equals(shown.getOrDefault(name, 0L)),
                "ledger account " + name,
                log.get(name),
                shown.get(name)));
        for (TrialBalance.Sum total : evidence.shown().trialBalance().totals()) {
            verdict.check(total.isZero(), "all entries in " + total.currency(), "zero", total);
        }
    }

    static void transfersAreThoseOfTheLog(Invariant.Evidence evidence, Verdict verdict) {
        for (TransferBook book : evidence.books().transfers()) {
            TransferDetails shown = evidence.shown().transfers().get(book.id());
            boolean same = shown != null
                    && book.end().filter(shown.status()::equals).isPresent()
                    && book.request()
                            .filter(request -> request.from().equals(shown.from())
                                    && request.to().equals(shown.to())
                                    && request.amount().equals(shown.amount()))
                            .isPresent();
            verdict.check(same, "transfer " + book.id(), book, shown);
        }
        evidence.shown()
                .transfers()
                .keySet()
                .forEach(id -> verdict.check(
                        evidence.books().transfer(id.value()).isPresent(),
                        "transfer " + id,
                        "shown by the service",
                        "nothing in the log"));
    }

    static void projectionsHaveSeenAll(Invariant.Evidence evidence, Verdict verdict) {
        for (ReadModel.Projection projection : evidence.shown().projections()) {
            verdict.check(
                    projection.isAt(evidence.log().head()) && projection.deadLetters() == 0,
                    "projection " + projection.name(),
                    "at token " + evidence.log().head() + ", without dead letters",
                    projection);
        }
    }
}
