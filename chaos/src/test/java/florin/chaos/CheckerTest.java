package florin.chaos;

import static florin.chaos.SampleRun.ALICE;
import static florin.chaos.SampleRun.BOB;
import static florin.chaos.SampleRun.EUR;
import static florin.chaos.SampleRun.GIFT;
import static florin.chaos.SampleRun.RENT;
import static florin.chaos.SampleRun.YACHT;
import static florin.chaos.SampleRun.account;
import static florin.chaos.SampleRun.balances;
import static florin.chaos.SampleRun.euro;
import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountDetails;
import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.AccountUnblocked;
import florin.account.api.FundsReservationRejected;
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
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A checker that cannot find anything would be worth nothing: each invariant is broken on purpose, and seen to be. */
class CheckerTest {
    private static final Iban CAROL = Iban.of("FLNO", 2);

    record Damage(String name, String invariant, String subject, Consumer<SampleRun> done) {
        @Override
        public String toString() {
            return name;
        }
    }

    @Test
    void a_run_without_damage_has_no_contradiction_and_every_invariant_was_about_something() {
        for (Verdict verdict : Checker.check(new SampleRun().evidence())) {
            assertThat(verdict.contradictions()).as(verdict.invariant()).isEmpty();
            assertThat(verdict.checked()).as(verdict.invariant()).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("damages")
    void damage_is_found(Damage damage) {
        SampleRun run = new SampleRun();

        damage.done().accept(run);

        Map<String, List<Contradiction>> found = new HashMap<>();
        Checker.check(run.evidence()).forEach(verdict -> found.put(verdict.invariant(), verdict.contradictions()));
        assertThat(found.get(damage.invariant())).as("%s", found).isNotEmpty();
        assertThat(found.get(damage.invariant()))
                .anySatisfy(contradiction -> assertThat(contradiction.subject()).contains(damage.subject()));
    }

    @Test
    void every_invariant_is_broken_by_some_damage() {
        Set<String> broken = damages().map(Damage::invariant).collect(Collectors.toSet());
        Set<String> all = new HashSet<>(Checker.INVARIANTS.keySet());
        all.addAll(Checker.SHOWN_INVARIANTS.keySet());
        assertThat(broken).isEqualTo(all);
    }

    @Test
    void if_the_read_model_could_not_be_read_all_else_is_checked() {
        Invariant.Evidence whole = new SampleRun().evidence();

        List<Verdict> verdicts = Checker.check(new Invariant.Evidence(whole.history(), whole.log(), Optional.empty()));

        assertThat(verdicts).extracting(Verdict::invariant).containsExactlyElementsOf(Checker.INVARIANTS.keySet());
        assertThat(verdicts)
                .allSatisfy(verdict -> assertThat(verdict.contradictions()).isEmpty());
    }

    @Test
    void a_run_in_which_nothing_was_checked_or_chaos_itself_failed_is_not_good() {
        Invariant.Evidence nothing = new Invariant.Evidence(new History(), new EventLog(), Optional.empty());
        SampleRun run = new SampleRun();

        assertThat(report(run.evidence(), List.of()).isGood()).isTrue();
        assertThat(report(run.evidence(), List.of("client ended early")).isGood())
                .isFalse();
        assertThat(report(nothing, List.of()).isGood()).isFalse();
    }

    private static Report report(Invariant.Evidence evidence, List<String> failures) {
        return new Report(
                Settings.of(List.of()),
                Map.of(),
                evidence.history(),
                new Settling.AtRest(evidence.log(), evidence.readModel(), Duration.ZERO, "", 0),
                failures,
                Checker.check(evidence));
    }

    static Stream<Damage> damages() {
        return Stream.of(
                        ofTheLog(),
                        ofTransfers(),
                        ofSteps(),
                        ofOrders(),
                        ofBlocks(),
                        ofPromises(),
                        ofAnswers(),
                        ofTheReadModel())
                .flatMap(List::stream);
    }

    private static List<Damage> ofTheLog() {
        return List.of(
                new Damage(
                        "an event is missing in the store",
                        "the log is unbroken",
                        "FLNO",
                        run -> run.misnumbered =
                                event -> event.token() < 5 ? event : at(event, event.token() + 1, event.sequence())),
                new Damage(
                        "a position is there twice",
                        "the log is unbroken",
                        "FLNO",
                        run -> run.misnumbered =
                                event -> event.token() == 4 ? at(event, event.token(), event.sequence() - 1) : event),
                new Damage(
                        "an event is there twice",
                        "the log is unbroken",
                        "TRF",
                        run -> run.misnumbered = event -> event.token() == 3
                                ? new EventLog.Recorded(3, "id-2", event.stream(), event.sequence(), event.event())
                                : event),
                new Damage(
                        "an account is overdrawn, and covered again",
                        "no account below its limit at any position",
                        ALICE.value(),
                        run -> {
                            run.events.add(9, new MoneyWithdrawn(ALICE, "9", euro("50.01"), "cash"));
                            run.events.add(10, new MoneyDeposited(ALICE, "10", euro("50.01"), "salary"));
                        }),
                new Damage(
                        "an account moves another currency",
                        "no account below its limit at any position",
                        ALICE.value(),
                        run -> run.events.add(new MoneyDeposited(ALICE, "9", Money.of("1.00", "USD"), "salary"))));
    }

    private static EventLog.Recorded at(EventLog.Recorded event, long token, long sequence) {
        return new EventLog.Recorded(token, event.id(), event.stream(), sequence, event.event());
    }

    private static List<Damage> ofTransfers() {
        String moved = "completed moved once, others not at all";
        String reservations = "every reservation ended once";
        return List.of(
                new Damage(
                        "a double credit",
                        moved,
                        RENT.value(),
                        run -> run.events.add(run.the(TransferCredited.class, 0))),
                new Damage(
                        "a double credit, by the sums",
                        "clearing is zero at rest",
                        "EUR",
                        run -> run.events.add(run.the(TransferCredited.class, 0))),
                new Damage(
                        "a lost credit",
                        moved,
                        RENT.value(),
                        run -> run.events.remove(run.the(TransferCredited.class, 0))),
                new Damage(
                        "a credit of another amount",
                        moved,
                        RENT.value(),
                        run -> replace(
                                run,
                                run.the(TransferCredited.class, 0),
                                new TransferCredited(BOB, RENT, euro("30.01"), ALICE))),
                new Damage(
                        "a credit of another account",
                        moved,
                        RENT.value(),
                        run -> replace(
                                run,
                                run.the(TransferCredited.class, 0),
                                new TransferCredited(ALICE, RENT, euro("30.00"), ALICE))),
                new Damage(
                        "a failed transfer that moved money",
                        moved,
                        RENT.value(),
                        run -> replace(
                                run,
                                run.the(TransferCompleted.class, 0),
                                new TransferFailed(RENT, RefusalReason.AM04))),
                new Damage(
                        "a cancelled transfer that was captured",
                        moved,
                        YACHT.value(),
                        run -> replace(
                                run,
                                run.the(ReservationReleased.class, 0),
                                new ReservationCaptured(ALICE, YACHT, euro("10.00")))),
                new Damage(
                        "a reservation of a completed transfer dangles",
                        reservations,
                        RENT.value(),
                        run -> run.events.remove(run.the(ReservationCaptured.class, 0))),
                new Damage(
                        "a reservation of a cancelled transfer dangles",
                        reservations,
                        YACHT.value(),
                        run -> run.events.remove(run.the(ReservationReleased.class, 0))),
                new Damage(
                        "a reservation is captured twice",
                        reservations,
                        RENT.value(),
                        run -> run.events.add(run.the(ReservationCaptured.class, 0))),
                new Damage(
                        "a capture without a reservation",
                        reservations,
                        RENT.value(),
                        run -> run.events.remove(run.the(FundsReserved.class, 0))),
                new Damage(
                        "a transfer does not end",
                        "every transfer is final",
                        RENT.value(),
                        run -> run.events.remove(run.the(TransferCompleted.class, 0))),
                new Damage(
                        "a transfer ends twice",
                        "every transfer is final",
                        RENT.value(),
                        run -> run.events.add(new TransferCompleted(RENT))),
                new Damage(
                        "a transfer goes on after its end",
                        "every transfer is final",
                        RENT.value(),
                        run -> run.events.add(new TransferParked(RENT, TransferStep.COMPLETE, "late"))));
    }

    private static List<Damage> ofSteps() {
        String steps = "each step after the one that allows it";
        return List.of(
                new Damage(
                        "a release while the target may hold the money",
                        steps,
                        YACHT.value(),
                        run -> swap(
                                run, run.the(TransferCreditCancelled.class, 0), run.the(ReservationReleased.class, 0))),
                new Damage(
                        "a reservation barred while the target may hold the money",
                        steps,
                        GIFT.value(),
                        run -> replace(
                                run,
                                run.the(FundsReserved.class, 2),
                                new FundsReservationRejected(ALICE, GIFT, RefusalReason.TM01))),
                new Damage(
                        "a capture before the credit",
                        steps,
                        RENT.value(),
                        run -> swap(run, run.the(TransferCredited.class, 0), run.the(ReservationCaptured.class, 0))),
                new Damage(
                        "a credit before the reservation",
                        steps,
                        RENT.value(),
                        run -> swap(run, run.the(FundsReserved.class, 0), run.the(TransferCredited.class, 0))),
                new Damage(
                        "complete before it is captured",
                        steps,
                        RENT.value(),
                        run -> swap(run, run.the(ReservationCaptured.class, 0), run.the(TransferCompleted.class, 0))),
                new Damage(
                        "cancelled before it is released",
                        steps,
                        YACHT.value(),
                        run -> swap(run, run.the(ReservationReleased.class, 0), run.the(TransferCancelled.class, 0))),
                new Damage(
                        "failed before it is released",
                        steps,
                        GIFT.value(),
                        run -> swap(run, run.the(ReservationReleased.class, 1), run.the(TransferFailed.class, 0))));
    }

    private static void swap(SampleRun run, Object one, Object other) {
        Collections.swap(run.events, run.events.indexOf(one), run.events.indexOf(other));
    }

    private static List<Damage> ofOrders() {
        String ends = "ends were called for";
        String once = "each order had one effect";
        return List.of(
                new Damage(
                        "cancelled although nobody asked for it",
                        ends,
                        YACHT.value(),
                        run -> run.events.remove(run.the(TransferCancellationRequested.class, 0))),
                new Damage(
                        "failed although it was called off",
                        ends,
                        YACHT.value(),
                        run -> replace(
                                run,
                                run.the(TransferCancelled.class, 0),
                                new TransferFailed(YACHT, RefusalReason.TM01))),
                new Damage(
                        "failed for a reason that no account gave",
                        ends,
                        GIFT.value(),
                        run -> replace(
                                run, run.the(TransferFailed.class, 0), new TransferFailed(GIFT, RefusalReason.AM04))),
                new Damage(
                        "called off twice",
                        once,
                        YACHT.value(),
                        run -> run.events.add(13, new TransferCancellationRequested(YACHT, RefusalReason.DS02))),
                new Damage(
                        "let go on twice by one operation",
                        once,
                        YACHT.value(),
                        run -> run.events.addAll(
                                14, List.of(new TransferResumed(YACHT, "9"), new TransferResumed(YACHT, "9")))),
                new Damage("parked twice at one step", once, YACHT.value(), run -> {
                    TransferParked parked = new TransferParked(YACHT, TransferStep.CANCEL, "5 attempts");
                    run.events.addAll(13, List.of(parked, parked));
                }));
    }

    private static void replace(SampleRun run, Object event, Object other) {
        Collections.replaceAll(run.events, event, other);
    }

    private static List<Damage> ofBlocks() {
        String business = "blocked and closed take no new business";
        String blocks = "blocks and closures told are in the log";
        String retries = "retries told are in the log";
        return List.of(
                new Damage(
                        "a blocked account pays in",
                        business,
                        BOB.value(),
                        run -> run.events.add(new MoneyDeposited(BOB, "9", euro("1.00"), "tip"))),
                new Damage(
                        "a blocked account pays out",
                        business,
                        BOB.value(),
                        run -> run.events.add(new MoneyWithdrawn(BOB, "9", euro("1.00"), "tip"))),
                new Damage(
                        "a blocked account is credited",
                        business,
                        BOB.value(),
                        run -> replace(
                                run,
                                run.the(TransferCreditRejected.class, 0),
                                new TransferCredited(BOB, GIFT, euro("5.00"), ALICE))),
                new Damage(
                        "a blocked account reserves",
                        business,
                        BOB.value(),
                        run -> run.events.add(new FundsReserved(BOB, GIFT, euro("1.00"), ALICE))),
                new Damage(
                        "a blocked account refuses for another reason",
                        business,
                        BOB.value(),
                        run -> replace(
                                run,
                                run.the(TransferCreditRejected.class, 0),
                                new TransferCreditRejected(BOB, GIFT, RefusalReason.AM03))),
                new Damage(
                        "an account that is not blocked refuses as if it were",
                        business,
                        ALICE.value(),
                        run -> run.events.add(new FundsReservationRejected(ALICE, GIFT, RefusalReason.AC06))),
                new Damage(
                        "an account is closed that is not empty",
                        business,
                        ALICE.value(),
                        run -> run.events.add(new AccountClosed(ALICE, "9"))),
                new Damage(
                        "a closed account pays in",
                        business,
                        CAROL.value(),
                        run -> run.events.addAll(List.of(
                                new AccountOpened(CAROL, "carol", EUR, euro("0.00")),
                                new AccountClosed(CAROL, "9"),
                                new MoneyDeposited(CAROL, "10", euro("1.00"), "tip")))),
                new Damage(
                        "an account that is not closed refuses as if it were",
                        business,
                        ALICE.value(),
                        run -> run.events.add(new FundsReservationRejected(ALICE, GIFT, RefusalReason.AC04))),
                new Damage(
                        "a closure that nobody asked for",
                        blocks,
                        ALICE.value(),
                        run -> run.events.add(new AccountClosed(ALICE, "9"))),
                new Damage(
                        "a lost retry",
                        retries,
                        YACHT.value(),
                        run -> run.events.remove(run.the(TransferResumed.class, 0))),
                new Damage(
                        "a retry is done twice",
                        retries,
                        YACHT.value(),
                        run -> run.events.add(15, run.the(TransferResumed.class, 0))),
                new Damage("a refused retry is done", retries, RENT.value(), run -> {
                    Operation late = Operation.retry("late", "key-12", RENT);
                    run.refused(late, 409, "transfer-not-parked");
                    run.events.add(4, new TransferResumed(RENT, late.operationId()));
                }),
                new Damage(
                        "a lost block",
                        blocks,
                        BOB.value(),
                        run -> run.events.remove(run.the(AccountBlocked.class, 0))),
                new Damage(
                        "a lost unblock",
                        blocks,
                        BOB.value(),
                        run -> run.events.remove(run.the(AccountUnblocked.class, 0))),
                new Damage(
                        "a block is done twice",
                        blocks,
                        BOB.value(),
                        run -> replace(
                                run,
                                run.the(AccountBlocked.class, 1),
                                new AccountBlocked(BOB, run.block.operationId()))),
                new Damage(
                        "a block that nobody asked for",
                        blocks,
                        ALICE.value(),
                        run -> run.events.add(new AccountBlocked(ALICE, "9"))),
                new Damage(
                        "one unblock more than were asked for",
                        blocks,
                        BOB.value(),
                        run -> run.events.add(new AccountUnblocked(BOB, "9"))));
    }

    private static List<Damage> ofPromises() {
        String acknowledged = "acknowledged: in the log once";
        return List.of(
                new Damage(
                        "a lost deposit",
                        acknowledged,
                        "salary",
                        run -> run.events.remove(run.the(MoneyDeposited.class, 0))),
                new Damage(
                        "a double deposit",
                        acknowledged,
                        "salary",
                        run -> run.events.add(run.the(MoneyDeposited.class, 0))),
                new Damage(
                        "a deposit of another amount",
                        acknowledged,
                        "salary",
                        run -> replace(
                                run,
                                run.the(MoneyDeposited.class, 0),
                                new MoneyDeposited(ALICE, "1", euro("100.01"), "salary"))),
                new Damage("a lost transfer", acknowledged, "rent", run -> run.events.remove(3)),
                new Damage("a lost account", acknowledged, "alice", run -> run.events.remove(0)),
                new Damage(
                        "an unknown deposit is made twice",
                        "unknown: in the log at most once",
                        "unheard",
                        run -> run.events.add(run.the(MoneyDeposited.class, 1))),
                new Damage(
                        "a refused withdrawal is made",
                        "refused: never in the log",
                        "greed",
                        run -> run.events.add(new MoneyWithdrawn(ALICE, "9", euro("999.00"), "greed"))),
                new Damage(
                        "a deposit that nobody made",
                        "nothing that nobody asked for",
                        ALICE.value(),
                        run -> run.events.add(new MoneyDeposited(ALICE, "9", euro("1.00"), "present"))),
                new Damage(
                        "a cancellation that nobody asked for",
                        "nothing that nobody asked for",
                        RENT.value(),
                        run -> run.events.add(new TransferCancellationRequested(RENT, RefusalReason.DS02))));
    }

    private static List<Damage> ofAnswers() {
        String balances = "balances told are those of the log";
        String states = "states of transfers told came true";
        String stays = "what was shown was not taken back";
        String repetitions = "repetitions had the same answer";
        return List.of(
                new Damage(
                        "a balance was told that never was",
                        balances,
                        ALICE.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", ALICE), 200, balances(ALICE, "50.01", "0.00", "50.01", 4))),
                new Damage(
                        "a balance was told of a position that never was",
                        balances,
                        ALICE.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", ALICE), 200, balances(ALICE, "50.00", "0.00", "50.00", 9))),
                new Damage(
                        "an account was said to be open while it was blocked",
                        balances,
                        BOB.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", BOB), 200, account(BOB, "32.00", "0.00", "37.00", "OPEN", 5))),
                new Damage(
                        "a transfer was said to have failed that completed",
                        states,
                        RENT.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", RENT),
                                200,
                                "{\"id\":\"TRF-rent\",\"status\":\"FAILED\",\"reason\":\"AM04\"}")),
                new Damage(
                        "a transfer was said to be credited that never was",
                        states,
                        YACHT.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", YACHT),
                                200,
                                "{\"id\":\"TRF-yacht\",\"status\":\"CREDITED\"}")),
                new Damage(
                        "a transfer failed although its cancellation was accepted",
                        states,
                        YACHT.value(),
                        run -> replace(
                                run,
                                run.the(TransferCancelled.class, 0),
                                new TransferFailed(YACHT, RefusalReason.TM01))),
                new Damage(
                        "an account was told without its position",
                        balances,
                        ALICE.value(),
                        run -> run.acknowledged(Operation.lookAt("look", ALICE), 200, "{\"iban\":\"" + ALICE + "\"}")),
                new Damage(
                        "another account was told",
                        balances,
                        ALICE.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", ALICE),
                                200,
                                account(BOB, "32.00", "0.00", "37.00", "BLOCKED", 5))),
                new Damage(
                        "an accepted cancellation was never recorded",
                        states,
                        YACHT.value(),
                        run -> run.events.remove(run.the(TransferCancellationRequested.class, 0))),
                new Damage(
                        "a transfer was told without its status",
                        states,
                        RENT.value(),
                        run -> run.acknowledged(Operation.lookAt("look", RENT), 200, "{\"id\":\"TRF-rent\"}")),
                new Damage(
                        "a failed transfer was told without its reason",
                        states,
                        GIFT.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", GIFT), 200, "{\"id\":\"TRF-gift\",\"status\":\"FAILED\"}")),
                new Damage(
                        "another transfer was told",
                        states,
                        RENT.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look", RENT),
                                200,
                                "{\"id\":\"TRF-yacht\",\"status\":\"CANCELLED\"}")),
                new Damage(
                        "a transfer was listed as parked that never was",
                        states,
                        "look at parked",
                        run -> run.acknowledged(
                                Operation.lookAtParked("look"),
                                200,
                                "{\"transfers\":[{\"id\":\"TRF-rent\",\"status\":\"PARKED\"}]}")),
                new Damage(
                        "an answer is no JSON",
                        states,
                        RENT.value(),
                        run -> run.acknowledged(Operation.lookAt("look", RENT), 200, "<html>")),
                new Damage(
                        "a transfer was shown open after it was shown complete",
                        stays,
                        RENT.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look-7", RENT),
                                200,
                                "{\"id\":\"TRF-rent\",\"status\":\"CREDITED\"}")),
                new Damage(
                        "an account was shown as it was before",
                        stays,
                        ALICE.value(),
                        run -> run.acknowledged(
                                Operation.lookAt("look-7", ALICE),
                                200,
                                account(ALICE, "50.00", "0.00", "50.00", "OPEN", 4))),
                new Damage(
                        "a repeated deposit has another answer",
                        repetitions,
                        "salary",
                        run -> run.acknowledged(run.salary, 201, balances(ALICE, "50.00", "0.00", "50.00", 4))),
                new Damage("yes and then no", repetitions, "rent", run -> run.refused(run.rent, 422, "same-account")),
                new Damage(
                        "a deposit is refused for no reason",
                        "refusals were deserved",
                        "gift",
                        run -> run.refused(
                                Operation.deposit("gift", null, ALICE, euro("1.00")), 404, "unknown-account")),
                new Damage(
                        "a deposit is refused as the account is blocked, which never was",
                        "refusals were deserved",
                        "gift",
                        run -> run.refused(
                                Operation.deposit("gift", null, ALICE, euro("1.00")), 409, "account-blocked")),
                new Damage(
                        "a cancellation is refused as the transfer has ended, which is cancelled",
                        "refusals were deserved",
                        YACHT.value(),
                        run -> run.refused(Operation.cancellation("late", null, YACHT), 409, "transfer-final")),
                new Damage(
                        "a trial balance was told without its sums",
                        "entries told sum to zero at any instant",
                        "trial balance",
                        run -> run.acknowledged(Operation.lookAtTrialBalance("look"), 200, "{}")),
                new Damage(
                        "a trial balance was told whose lines are not zero",
                        "entries told sum to zero at any instant",
                        "trial balance",
                        run -> run.acknowledged(
                                Operation.lookAtTrialBalance("look"),
                                200,
                                "{\"lines\":[{\"account\":\"CASH:FLNO\",\"balance\":{\"value\":\"0.01\",\"currency\":\"EUR\"}}],"
                                        + "\"totals\":[{\"value\":\"0.00\",\"currency\":\"EUR\"}]}")),
                new Damage(
                        "a trial balance was told that is not zero",
                        "entries told sum to zero at any instant",
                        "trial balance",
                        run -> run.acknowledged(
                                Operation.lookAtTrialBalance("look"),
                                200,
                                "{\"lines\":[],\"totals\":[{\"value\":\"0.00\",\"currency\":\"EUR\"},"
                                        + "{\"value\":\"0.01\",\"currency\":\"USD\"}]}")));
    }

    private static List<Damage> ofTheReadModel() {
        String accounts = "accounts shown are those of the log";
        String entries = "entries shown are those of the log";
        String trialBalance = "trial balance shown is that of the log";
        String transfers = "transfers shown are those of the log";
        String projections = "projections have seen all events";
        return List.of(
                new Damage(
                        "an account is not shown",
                        accounts,
                        ALICE.value(),
                        run -> run.misread =
                                shown -> edited(shown, copy -> copy.accounts().remove(ALICE))),
                new Damage(
                        "an account is shown as it was before",
                        accounts,
                        ALICE.value(),
                        run -> run.misread = shown -> edited(shown, copy -> copy.accounts()
                                .put(
                                        ALICE,
                                        new SampleRun()
                                                .evidence()
                                                .shown()
                                                .accounts()
                                                .get(BOB)))),
                new Damage(
                        "a blocked account is shown as open",
                        accounts,
                        BOB.value(),
                        run -> run.misread = shown -> edited(shown, copy -> copy.accounts()
                                .computeIfPresent(BOB, (iban, account) -> open(account)))),
                new Damage(
                        "an entry is not shown",
                        entries,
                        ALICE.value(),
                        run -> run.misread = shown ->
                                edited(shown, copy -> copy.entries().get(ALICE).remove(1))),
                new Damage(
                        "an entry is shown twice",
                        entries,
                        BOB.value(),
                        run -> run.misread = shown -> edited(shown, copy -> copy.entries()
                                .get(BOB)
                                .add(copy.entries().get(BOB).get(0)))),
                new Damage(
                        "a ledger account is not shown",
                        trialBalance,
                        "CASH:FLNO",
                        run -> run.misread = shown -> edited(
                                shown, copy -> copy.trialBalance().lines().remove(0))),
                new Damage(
                        "a ledger account that is not there",
                        trialBalance,
                        "CLEARING:FLXX",
                        run -> run.misread = shown -> edited(shown, copy -> copy.trialBalance()
                                .lines()
                                .add(new TrialBalance.Line("CLEARING:FLXX", sum("1.00"))))),
                new Damage(
                        "entries do not sum to zero",
                        trialBalance,
                        "EUR",
                        run -> run.misread = shown -> edited(
                                shown, copy -> copy.trialBalance().totals().set(0, sum("0.01")))),
                new Damage(
                        "a transfer is not shown",
                        transfers,
                        RENT.value(),
                        run -> run.misread =
                                shown -> edited(shown, copy -> copy.transfers().remove(RENT))),
                new Damage(
                        "a transfer is shown with another status",
                        transfers,
                        RENT.value(),
                        run -> run.misread = shown -> edited(shown, copy -> copy.transfers()
                                .computeIfPresent(RENT, (id, transfer) -> credited(transfer)))),
                new Damage(
                        "a transfer that is not in the log",
                        transfers,
                        "TRF-ghost",
                        run -> run.misread = shown -> edited(shown, copy -> copy.transfers()
                                .put(
                                        new TransferId("TRF-ghost"),
                                        copy.transfers().get(RENT)))),
                new Damage(
                        "a projection is behind",
                        projections,
                        "accounts",
                        run -> run.misread = shown -> edited(shown, copy -> copy.projections()
                                .set(0, new ReadModel.Projection("accounts", true, false, 15, 3, 0)))),
                new Damage(
                        "a projection has set an event aside",
                        projections,
                        "entries",
                        run -> run.misread = shown -> edited(shown, copy -> copy.projections()
                                .set(1, new ReadModel.Projection("entries", true, false, 15, 0, 1)))));
    }

    private static AccountDetails open(AccountDetails account) {
        return new AccountDetails(
                account.iban(),
                account.owner(),
                account.currency(),
                account.booked(),
                account.reserved(),
                account.available(),
                AccountStatus.OPEN,
                account.position());
    }

    private static TransferDetails credited(TransferDetails transfer) {
        return new TransferDetails(
                transfer.id(),
                TransferStatus.CREDITED,
                TransferStatus.CREDITED.code(),
                null,
                transfer.from(),
                transfer.to(),
                transfer.amount(),
                transfer.reference(),
                null,
                transfer.requestedAt(),
                transfer.updatedAt());
    }

    private static TrialBalance.Sum sum(String value) {
        return TrialBalance.Sum.of(euro(value));
    }

    private static ReadModel edited(ReadModel shown, Consumer<ReadModel> edit) {
        ReadModel copy = new ReadModel(
                new LinkedHashMap<>(shown.accounts()),
                new LinkedHashMap<>(shown.entries()),
                new TrialBalance(
                        new ArrayList<>(shown.trialBalance().lines()),
                        new ArrayList<>(shown.trialBalance().totals())),
                new LinkedHashMap<>(shown.transfers()),
                new ArrayList<>(shown.projections()));
        edit.accept(copy);
        return copy;
    }
}
