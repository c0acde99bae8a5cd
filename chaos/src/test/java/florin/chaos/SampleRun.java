package florin.chaos;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountDetails;
import florin.account.api.AccountEntry;
import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.AccountUnblocked;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.RefusalReason;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.account.api.TrialBalance;
import florin.money.Money;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferEvent;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * A small run in which all went well, made by hand so that it can be spoilt: one transfer completed, one was cancelled, a
 * withdrawal was refused, of two deposits nobody heard whether they were made, and Bob's account was blocked for some time.
 */
final class SampleRun {
    static final Currency EUR = Currency.getInstance("EUR");
    static final Iban ALICE = Iban.of("FLNO", 1);
    static final Iban BOB = Iban.of("FLSO", 1);
    static final TransferId RENT = new TransferId("TRF-rent");
    static final TransferId YACHT = new TransferId("TRF-yacht");
    static final TransferId GIFT = new TransferId("TRF-gift");

    final Operation openAlice = Operation.open("alice", "key-1", euro("0.00"));
    final Operation salary = Operation.deposit("salary", "key-2", ALICE, euro("100.00"));
    final Operation cash = Operation.withdrawal("cash", "key-3", ALICE, euro("20.00"));
    final Operation greed = Operation.withdrawal("greed", "key-4", ALICE, euro("999.00"));
    final Operation lost = Operation.deposit("lost", null, BOB, euro("1.00"));
    final Operation unheard = Operation.deposit("unheard", null, BOB, euro("2.00"));
    final Operation rent = Operation.transfer("rent", null, RENT, ALICE, BOB, euro("30.00"));
    final Operation yacht = Operation.transfer("yacht", "key-5", null, ALICE, BOB, euro("10.00"));
    final Operation regret = Operation.cancellation("regret", "key-6", YACHT);

    final Operation insist = Operation.retry("insist", "key-10", YACHT);
    final Operation block = Operation.block("block", "key-7", BOB);
    final Operation blockAgain = Operation.block("block again", null, BOB);
    final Operation unblock = Operation.unblock("unblock", "key-8", BOB);
    final Operation gift = Operation.transfer("gift", null, GIFT, ALICE, BOB, euro("5.00"));

    /** In the order of the log; tokens and positions are counted when all is there. */
    final List<Object> events = new ArrayList<>(List.of(
            new AccountOpened(ALICE, "alice", EUR, euro("0.00")),
            new AccountOpened(BOB, "bob", EUR, euro("5.00")),
            new MoneyDeposited(ALICE, "1", euro("100.00"), "salary"),
            new TransferRequested(RENT, ALICE, BOB, euro("30.00"), "rent"),
            new FundsReserved(ALICE, RENT, euro("30.00"), BOB),
            new TransferCredited(BOB, RENT, euro("30.00"), ALICE),
            new ReservationCaptured(ALICE, RENT, euro("30.00")),
            new TransferCompleted(RENT),
            new MoneyWithdrawn(ALICE, "2", euro("20.00"), "cash"),
            new MoneyDeposited(BOB, "3", euro("2.00"), "unheard"),
            new TransferRequested(YACHT, ALICE, BOB, euro("10.00"), "yacht"),
            new FundsReserved(ALICE, YACHT, euro("10.00"), BOB),
            new TransferCancellationRequested(YACHT, RefusalReason.DS02),
            new TransferParked(YACHT, TransferStep.CANCEL, "3 attempts without an outcome"),
            new TransferResumed(YACHT, insist.operationId()),
            new TransferCreditCancelled(BOB, YACHT),
            new ReservationReleased(ALICE, YACHT, euro("10.00")),
            new TransferCancelled(YACHT),
            new AccountBlocked(BOB, block.operationId()),
            new TransferRequested(GIFT, ALICE, BOB, euro("5.00"), "gift"),
            new FundsReserved(ALICE, GIFT, euro("5.00"), BOB),
            new TransferCreditRejected(BOB, GIFT, RefusalReason.AC06),
            new ReservationReleased(ALICE, GIFT, euro("5.00")),
            new TransferFailed(GIFT, RefusalReason.AC06),
            new AccountUnblocked(BOB, unblock.operationId()),
            new AccountBlocked(BOB, "6")));

    final History history = new History();
    UnaryOperator<EventLog.Recorded> misnumbered = UnaryOperator.identity();
    UnaryOperator<ReadModel> misread = UnaryOperator.identity();

    SampleRun() {
        acknowledged(openAlice, 201, balances(ALICE, "0.00", "0.00", "0.00", 0));
        acknowledged(openAlice, 201, balances(ALICE, "0.00", "0.00", "0.00", 0));
        acknowledged(Operation.open("bob", null, euro("5.00")), 201, balances(BOB, "0.00", "0.00", "5.00", 0));
        history.add(salary, new Answer(Outcome.UNKNOWN, 0, "", "no answer"));
        acknowledged(salary, 201, balances(ALICE, "100.00", "0.00", "100.00", 1));
        acknowledged(rent, 202, "{\"id\":\"TRF-rent\",\"status\":\"RECEIVED\"}");
        acknowledged(rent, 202, "{\"id\":\"TRF-rent\",\"status\":\"COMPLETED\"}");
        acknowledged(Operation.lookAt("look-1", RENT), 200, "{\"id\":\"TRF-rent\",\"status\":\"CREDITED\"}");
        acknowledged(Operation.lookAt("look-2", RENT), 200, "{\"id\":\"TRF-rent\",\"status\":\"COMPLETED\"}");
        acknowledged(cash, 201, balances(ALICE, "50.00", "0.00", "50.00", 4));
        refused(greed, 422, "insufficient-funds");
        history.add(lost, new Answer(Outcome.UNKNOWN, 0, "", "no answer"));
        history.add(unheard, new Answer(Outcome.UNKNOWN, 503, "no-answer", "{}"));
        acknowledged(yacht, 202, "{\"id\":\"TRF-yacht\",\"status\":\"RECEIVED\"}");
        acknowledged(regret, 202, "{\"id\":\"TRF-yacht\",\"status\":\"RESERVED\"}");
        acknowledged(insist, 202, "{\"id\":\"TRF-yacht\",\"status\":\"RECEIVED\"}");
        refused(Operation.retry("impatience", "key-11", RENT), 409, "transfer-final");
        acknowledged(Operation.lookAt("look-3", ALICE), 200, account(ALICE, "50.00", "10.00", "40.00", "OPEN", 5));
        acknowledged(
                Operation.lookAtTrialBalance("look-4"),
                200,
                "{\"lines\":[],\"totals\":[{\"value\":\"0.00\",\"currency\":\"EUR\"}]}");
        acknowledged(block, 201, balances(BOB, "32.00", "0.00", "37.00", 4));
        acknowledged(gift, 202, "{\"id\":\"TRF-gift\",\"status\":\"RECEIVED\"}");
        acknowledged(
                Operation.lookAt("look-5", GIFT),
                200,
                "{\"id\":\"TRF-gift\",\"status\":\"FAILED\",\"reason\":\"AC06\"}");
        refused(Operation.deposit("tip", "key-9", BOB, euro("1.00")), 409, "account-blocked");
        acknowledged(Operation.lookAt("look-6", BOB), 200, account(BOB, "32.00", "0.00", "37.00", "BLOCKED", 5));
        acknowledged(unblock, 201, balances(BOB, "32.00", "0.00", "37.00", 6));
        history.add(blockAgain, new Answer(Outcome.UNKNOWN, 0, "", "no answer"));
    }

    static Money euro(String value) {
        return Money.of(value, EUR);
    }

    void acknowledged(Operation operation, int status, String text) {
        history.add(operation, new Answer(Outcome.ACKNOWLEDGED, status, "", text));
    }

    void refused(Operation operation, int status, String problem) {
        history.add(operation, new Answer(Outcome.REFUSED, status, problem, "{}"));
    }

    static String balances(Iban iban, String booked, String reserved, String available, int position) {
        return "{\"iban\":\"%s\",\"booked\":%s,\"reserved\":%s,\"available\":%s,\"position\":%d}"
                .formatted(iban, json(booked), json(reserved), json(available), position);
    }

    /** As a query answers. */
    static String account(Iban iban, String booked, String reserved, String available, String status, int position) {
        return "{\"status\":\"" + status + "\","
                + balances(iban, booked, reserved, available, position).substring(1);
    }

    private static String json(String value) {
        return "{\"value\":\"" + value + "\",\"currency\":\"EUR\"}";
    }

    <E> E the(Class<E> type, int number) {
        return events.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .skip(number)
                .findFirst()
                .orElseThrow();
    }

    Invariant.Evidence evidence() {
        EventLog log = new EventLog();
        Map<String, Long> next = new HashMap<>();
        for (Object event : events) {
            String stream = event instanceof TransferEvent ofTransfer
                    ? ofTransfer.transferId().value()
                    : ((AccountEvent) event).iban().value();
            long sequence = next.merge(stream, 1L, Long::sum) - 1;
            long token = log.events().size();
            log.add(misnumbered.apply(new EventLog.Recorded(token, "id-" + token, stream, sequence, event)));
        }
        return new Invariant.Evidence(history, log, Optional.of(misread.apply(shown(log))));
    }

    /** What a projection that makes no mistakes would show of this log. */
    private static ReadModel shown(EventLog log) {
        Books books = Books.of(log);
        Map<Iban, AccountDetails> accounts = new LinkedHashMap<>();
        Map<Iban, List<AccountEntry>> entries = new LinkedHashMap<>();
        Map<String, Long> ledger = new TreeMap<>();
        for (AccountBook book : books.opened()) {
            AccountBook.Figures last = book.last();
            accounts.put(
                    book.iban(),
                    new AccountDetails(
                            book.iban(),
                            book.opened().orElseThrow().owner(),
                            EUR,
                            new Money(last.bookedMinor(), EUR),
                            new Money(last.reservedMinor(), EUR),
                            new Money(book.availableMinor(last), EUR),
                            last.status(),
                            book.figures().size() - 1));
            List<AccountEntry> shown = new ArrayList<>();
            for (AccountBook.Entry entry : book.entries()) {
                String other = (entry.transferId() == null ? "CASH:" : "CLEARING:")
                        + book.iban().branch();
                ledger.merge("CUSTOMERS:" + book.iban().branch(), entry.amountMinor(), Long::sum);
                ledger.merge(other, -entry.amountMinor(), Long::sum);
                shown.add(new AccountEntry(
                        book.iban() + "-" + entry.position(),
                        book.iban().value(),
                        new Money(entry.amountMinor(), EUR),
                        entry.kind(),
                        entry.transferId(),
                        entry.reference(),
                        Instant.EPOCH,
                        entry.position()));
            }
            entries.put(book.iban(), shown);
        }
        List<TrialBalance.Line> lines = new ArrayList<>();
        ledger.forEach(
                (name, minor) -> lines.add(new TrialBalance.Line(name, TrialBalance.Sum.of(new Money(minor, EUR)))));
        Map<TransferId, TransferDetails> transfers = new LinkedHashMap<>();
        for (TransferBook book : books.transfers()) {
            book.end()
                    .ifPresent(end -> transfers.put(
                            book.id(),
                            new TransferDetails(
                                    book.id(),
                                    end,
                                    end.code(),
                                    null,
                                    ALICE,
                                    BOB,
                                    book.request()
                                            .map(TransferRequested::amount)
                                            .orElse(euro("0.00")),
                                    "",
                                    null,
                                    Instant.EPOCH,
                                    Instant.EPOCH)));
        }
        return new ReadModel(
                accounts,
                entries,
                new TrialBalance(lines, List.of(TrialBalance.Sum.of(euro("0.00")))),
                transfers,
                List.of(projection("accounts", log, 0), projection("entries", log, 0)));
    }

    static ReadModel.Projection projection(String name, EventLog log, long deadLetters) {
        return new ReadModel.Projection(name, true, false, log.head(), 0, deadLetters);
    }
}
