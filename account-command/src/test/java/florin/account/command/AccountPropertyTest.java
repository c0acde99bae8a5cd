package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.AccountBalance;
import florin.account.api.AccountCommand;
import florin.account.api.AccountEvent;
import florin.account.api.AccountRefusal;
import florin.account.api.BarOperation;
import florin.account.api.BlockAccount;
import florin.account.api.CancelTransferCredit;
import florin.account.api.CaptureReservation;
import florin.account.api.CloseAccount;
import florin.account.api.CreditTransfer;
import florin.account.api.DepositMoney;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.ReserveFunds;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.account.api.UnblockAccount;
import florin.account.api.WithdrawMoney;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.axonframework.messaging.HandlerExecutionException;

/** Whatever comes, in whatever order and however often, an account does what the plain model does. */
class AccountPropertyTest {

    private static final Iban IBAN = Iban.of("FLNO", 1);
    private static final Iban OTHER = Iban.of("FLSO", 2);
    private static final Currency EUR = Currency.getInstance("EUR");

    @Property(tries = 400)
    void anyCommandsHaveTheEffectAndTheAnswerThatTheModelHas(@ForAll("commands") List<AccountCommand> commands) {
        try (AccountStore store = new AccountStore(7)) {
            AccountModel model = new AccountModel();
            OpenAccount opening = null;
            for (AccountCommand command : commands) {
                boolean wasOpened = model.isOpened();
                assertThat(answer(store.send(command))).as("%s", command).isEqualTo(model.answer(command));
                if (!wasOpened && model.isOpened()) {
                    opening = (OpenAccount) command;
                }
                aFreshSnapshotIsWhatTheEventsMake(store);
                if (opening != null) {
                    agrees((AccountBalance) store.send(opening), model, store.events(IBAN));
                }
            }
            eachTransferHappensOnce(store.events(IBAN));
        }
    }

    @Property(tries = 100)
    void everyCommandAgainInAnyOrderAddsNoEvent(
            @ForAll("commands") List<AccountCommand> commands, @ForAll("orders") List<Integer> order) {
        try (AccountStore store = new AccountStore(5)) {
            store.send(new OpenAccount(IBAN, "alice", EUR, new Money(500, EUR)));
            List<AccountCommand> accepted = new ArrayList<>();
            for (AccountCommand command : commands) {
                int before = store.events(IBAN).size();
                store.send(command);
                if (store.events(IBAN).size() > before) {
                    accepted.add(command);
                }
            }
            List<AccountEvent> events = store.events(IBAN);
            for (int index : order) {
                if (!accepted.isEmpty()) {
                    store.send(accepted.get(index % accepted.size()));
                }
            }
            assertThat(store.events(IBAN)).isEqualTo(events);
        }
    }

    private static void aFreshSnapshotIsWhatTheEventsMake(AccountStore store) {
        long last = store.events(IBAN).size() - 1L;
        store.snapshot(IBAN)
                .filter(snapshot -> snapshot.getSequenceNumber() == last)
                .ifPresent(
                        snapshot -> assertThat(snapshot.getPayload().getData()).isEqualTo(store.replayed(IBAN)));
    }

    private static void agrees(AccountBalance balance, AccountModel model, List<AccountEvent> events) {
        assertThat(BigInteger.valueOf(balance.booked().minorUnits())).isEqualTo(model.booked());
        assertThat(BigInteger.valueOf(balance.reserved().minorUnits())).isEqualTo(model.reserved());
        assertThat(BigInteger.valueOf(balance.available().minorUnits())).isEqualTo(model.available());
        assertThat(balance.available().isNegative()).isFalse();
        assertThat(balance.position()).isEqualTo(events.size() - 1);
    }

    private static void eachTransferHappensOnce(List<AccountEvent> events) {
        Map<String, Long> count = events.stream()
                .map(AccountPropertyTest::step)
                .filter(step -> !step.isEmpty())
                .collect(Collectors.groupingBy(step -> step, Collectors.counting()));
        assertThat(count.values()).allMatch(times -> times == 1);
    }

    /** Of the events with the same answer here, an account may have one. */
    private static String step(AccountEvent event) {
        if (event instanceof FundsReserved reserved) {
            return "begun at source " + reserved.transferId();
        }
        if (event instanceof FundsReservationRejected rejected) {
            return "begun at source " + rejected.transferId();
        }
        if (event instanceof ReservationCaptured captured) {
            return "ended at source " + captured.transferId();
        }
        if (event instanceof ReservationReleased released) {
            return "ended at source " + released.transferId();
        }
        if (event instanceof TransferCredited credited) {
            return "at target " + credited.transferId();
        }
        if (event instanceof TransferCreditRejected rejected) {
            return "at target " + rejected.transferId();
        }
        return event instanceof TransferCreditCancelled cancelled ? "at target " + cancelled.transferId() : "";
    }

    private static String answer(Object result) {
        if (result instanceof Enum<?> state) {
            return state.name();
        }
        if (result instanceof HandlerExecutionException refused
                && refused.getDetails().orElse(null) instanceof AccountRefusal refusal) {
            return refusal.reason().name();
        }
        if (result instanceof Boolean) {
            return result.toString();
        }
        return result instanceof AccountBalance ? "ok" : "error";
    }

    @Provide
    Arbitrary<List<AccountCommand>> commands() {
        Arbitrary<Money> amounts = Arbitraries.frequencyOf(
                Tuple.of(12, Arbitraries.longs().between(1, 300).map(minor -> new Money(minor, EUR))),
                Tuple.of(1, Arbitraries.just(new Money(Long.MAX_VALUE, EUR))),
                Tuple.of(1, Arbitraries.just(Money.of("1.00", "USD"))));
        Arbitrary<String> operations = Arbitraries.integers().between(1, 10).map(number -> "operation-" + number);
        Arbitrary<TransferId> transfers =
                Arbitraries.integers().between(1, 6).map(number -> new TransferId("TRF-" + number));
        Arbitrary<AccountCommand> opening = Arbitraries.of(0L, 0L, 500L, Long.MAX_VALUE)
                .map(limit -> new OpenAccount(IBAN, "alice", EUR, new Money(limit, EUR)));
        Arbitrary<AccountCommand> deposits = Combinators.combine(operations, amounts)
                .as((operation, amount) -> new DepositMoney(IBAN, operation, amount, "cash"));
        Arbitrary<AccountCommand> withdrawals = Combinators.combine(operations, amounts)
                .as((operation, amount) -> new WithdrawMoney(IBAN, operation, amount, "cash"));
        Arbitrary<AccountCommand> closures = operations.map(operation -> new CloseAccount(IBAN, operation));
        Arbitrary<AccountCommand> bars = operations.map(operation -> new BarOperation(IBAN, operation));
        Arbitrary<AccountCommand> blocks = operations.map(operation -> new BlockAccount(IBAN, operation));
        Arbitrary<AccountCommand> unblocks = operations.map(operation -> new UnblockAccount(IBAN, operation));
        Arbitrary<AccountCommand> reservations = Combinators.combine(transfers, amounts)
                .as((transfer, amount) -> new ReserveFunds(IBAN, transfer, amount, OTHER, AccountStore.NOW));
        Arbitrary<AccountCommand> credits = Combinators.combine(transfers, amounts)
                .as((transfer, amount) -> new CreditTransfer(IBAN, transfer, amount, OTHER, AccountStore.NOW));
        Arbitrary<AccountCommand> captures = transfers.map(transfer -> new CaptureReservation(IBAN, transfer));
        Arbitrary<AccountCommand> releases =
                transfers.map(transfer -> new ReleaseReservation(IBAN, transfer, AccountStore.NOW));
        Arbitrary<AccountCommand> cancellations =
                transfers.map(transfer -> new CancelTransferCredit(IBAN, transfer, AccountStore.NOW));
        return Arbitraries.frequencyOf(
                        Tuple.of(3, opening),
                        Tuple.of(4, deposits),
                        Tuple.of(3, withdrawals),
                        Tuple.of(1, bars),
                        Tuple.of(1, blocks),
                        Tuple.of(2, unblocks),
                        Tuple.of(1, closures),
                        Tuple.of(5, reservations),
                        Tuple.of(3, captures),
                        Tuple.of(2, releases),
                        Tuple.of(4, credits),
                        Tuple.of(2, cancellations))
                .list()
                .ofMinSize(1)
                .ofMaxSize(40);
    }

    @Provide
    Arbitrary<List<Integer>> orders() {
        return Arbitraries.integers().between(0, 1_000).list().ofSize(40);
    }
}
