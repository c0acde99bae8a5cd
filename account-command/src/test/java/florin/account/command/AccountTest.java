package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.AccountBalance;
import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountCommand;
import florin.account.api.AccountOpened;
import florin.account.api.AccountRefusal;
import florin.account.api.AccountUnblocked;
import florin.account.api.BarOperation;
import florin.account.api.BlockAccount;
import florin.account.api.CancelTransferCredit;
import florin.account.api.CaptureReservation;
import florin.account.api.CloseAccount;
import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.DepositMoney;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.OpenAccount;
import florin.account.api.OperationBarred;
import florin.account.api.RefusalReason;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.ReservationState;
import florin.account.api.ReserveFunds;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.account.api.UnblockAccount;
import florin.account.api.WithdrawMoney;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.test.aggregate.AggregateTestFixture;
import org.axonframework.test.aggregate.ResultValidator;
import org.axonframework.test.aggregate.TestExecutor;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What one account answers to one command after what happened to it. */
class AccountTest {

    private static final Iban IBAN = Iban.of("FLNO", 1);
    private static final Iban OTHER = Iban.of("FLSO", 2);
    private static final Currency EUR = Currency.getInstance("EUR");
    private static final TransferId TRANSFER = new TransferId("TRF-1");

    private static final AccountOpened OPENED = new AccountOpened(IBAN, "alice", EUR, eur("0.00"));
    private static final MoneyDeposited DEPOSITED = new MoneyDeposited(IBAN, "deposit-1", eur("100.00"), "cash");
    private static final FundsReserved RESERVED = new FundsReserved(IBAN, TRANSFER, eur("30.00"), OTHER);
    private static final ReservationCaptured CAPTURED = new ReservationCaptured(IBAN, TRANSFER, eur("30.00"));
    private static final ReservationReleased RELEASED = new ReservationReleased(IBAN, TRANSFER, eur("30.00"));
    private static final TransferCredited CREDITED = new TransferCredited(IBAN, TRANSFER, eur("30.00"), OTHER);
    private static final MoneyWithdrawn EMPTIED = new MoneyWithdrawn(IBAN, "withdrawal-1", eur("100.00"), "cash");
    private static final AccountClosed CLOSED = new AccountClosed(IBAN, "closure-1");
    private static final AccountBlocked BLOCKED = new AccountBlocked(IBAN, "block-1");
    private static final AccountUnblocked UNBLOCKED = new AccountUnblocked(IBAN, "unblock-1");

    private static final Instant REQUESTED_AT = Instant.parse("2026-05-01T12:00:00Z");
    private static final ReserveFunds RESERVE = new ReserveFunds(IBAN, TRANSFER, eur("30.00"), OTHER, REQUESTED_AT);
    private static final CreditTransfer CREDIT = new CreditTransfer(IBAN, TRANSFER, eur("30.00"), OTHER, REQUESTED_AT);
    private static final CaptureReservation CAPTURE = new CaptureReservation(IBAN, TRANSFER);
    private static final ReleaseReservation RELEASE = new ReleaseReservation(IBAN, TRANSFER, REQUESTED_AT);
    private static final CancelTransferCredit CANCEL = new CancelTransferCredit(IBAN, TRANSFER, REQUESTED_AT);

    private final AggregateTestFixture<Account> account = new AggregateTestFixture<>(Account.class);

    AccountTest() {
        account.registerInjectableResource(AccountStore.WINDOW);
    }

    private static Money eur(String value) {
        return Money.of(value, "EUR");
    }

    private static OpenAccount open(String limit) {
        return new OpenAccount(IBAN, "alice", EUR, eur(limit));
    }

    private static DepositMoney deposit(String operationId, Money amount) {
        return new DepositMoney(IBAN, operationId, amount, "cash");
    }

    private static WithdrawMoney withdraw(String operationId, Money amount) {
        return new WithdrawMoney(IBAN, operationId, amount, "cash");
    }

    private static AccountBalance balance(String booked, String reserved, String available, long position) {
        return new AccountBalance(IBAN, eur(booked), eur(reserved), eur(available), position);
    }

    private TestExecutor<Account> given(Object... events) {
        return events.length == 0 ? account.givenNoPriorActivity() : account.given(events);
    }

    private static void refused(ResultValidator<Account> result, RefusalReason reason) {
        result.expectNoEvents()
                .expectException(CommandExecutionException.class)
                .expectExceptionDetails(AccountRefusal.class);
        result.expectExceptionDetails(
                org.hamcrest.Matchers.hasToString(org.hamcrest.Matchers.containsString("reason=" + reason.name())));
    }

    @Nested
    class Opening {

        @Test
        void opensAnAccountThatIsEmpty() {
            given().when(open("50.00"))
                    .expectEvents(new AccountOpened(IBAN, "alice", EUR, eur("50.00")))
                    .expectResultMessagePayload(balance("0.00", "0.00", "50.00", 0));
        }

        @Test
        void repeatedlyChangesNothing() {
            given(OPENED, DEPOSITED)
                    .when(open("0.00"))
                    .expectNoEvents()
                    .expectResultMessagePayload(balance("100.00", "0.00", "100.00", 1));
        }

        @Test
        void withOtherContentIsRefused() {
            refused(given(OPENED).when(open("1.00")), RefusalReason.AM05);
        }

        @Test
        void withALimitInAnotherCurrencyIsRefused() {
            OpenAccount command = new OpenAccount(IBAN, "alice", EUR, Money.of("1.00", "USD"));
            refused(given().when(command), RefusalReason.AM03);
        }

        @Test
        void withANegativeLimitIsRefused() {
            given().when(open("-1.00")).expectNoEvents().expectException(IllegalArgumentException.class);
        }

        @Test
        void followsRefusalsThatCameBefore() {
            given(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AC01))
                    .when(open("0.00"))
                    .expectEvents(OPENED)
                    .expectResultMessagePayload(balance("0.00", "0.00", "0.00", 1));
        }
    }

    @Nested
    class DepositsAndWithdrawals {

        @Test
        void aDepositIsBooked() {
            given(OPENED)
                    .when(deposit("deposit-1", eur("100.00")))
                    .expectEvents(DEPOSITED)
                    .expectResultMessagePayload(balance("100.00", "0.00", "100.00", 1));
        }

        @Test
        void aRepeatedDepositIsNotBookedAgain() {
            given(OPENED, DEPOSITED)
                    .when(deposit("deposit-1", eur("100.00")))
                    .expectNoEvents()
                    .expectResultMessagePayload(balance("100.00", "0.00", "100.00", 1));
        }

        @Test
        void theSameOperationWithAnotherAmountIsRefused() {
            refused(given(OPENED, DEPOSITED).when(deposit("deposit-1", eur("100.01"))), RefusalReason.AM05);
        }

        @Test
        void theSameOperationInAnotherCurrencyIsRefused() {
            refused(given(OPENED, DEPOSITED).when(deposit("deposit-1", Money.of("100.00", "USD"))), RefusalReason.AM05);
        }

        @Test
        void aDepositsOperationIsNotAWithdrawals() {
            refused(given(OPENED, DEPOSITED).when(withdraw("deposit-1", eur("100.00"))), RefusalReason.AM05);
        }

        @Test
        void allThatIsAvailableCanBeWithdrawn() {
            given(OPENED, DEPOSITED)
                    .when(withdraw("withdrawal-1", eur("100.00")))
                    .expectEvents(EMPTIED)
                    .expectResultMessagePayload(balance("0.00", "0.00", "0.00", 2));
        }

        @Test
        void aCentMoreThanIsAvailableIsRefused() {
            refused(given(OPENED, DEPOSITED).when(withdraw("withdrawal-1", eur("100.01"))), RefusalReason.AM04);
        }

        @Test
        void whatIsReservedIsNotAvailable() {
            refused(
                    given(OPENED, DEPOSITED, RESERVED).when(withdraw("withdrawal-1", eur("70.01"))),
                    RefusalReason.AM04);
        }

        @Test
        void theOverdraftLimitIsAvailable() {
            given(new AccountOpened(IBAN, "alice", EUR, eur("50.00")))
                    .when(withdraw("withdrawal-1", eur("50.00")))
                    .expectEvents(new MoneyWithdrawn(IBAN, "withdrawal-1", eur("50.00"), "cash"))
                    .expectResultMessagePayload(balance("-50.00", "0.00", "0.00", 1));
        }

        @Test
        void anotherCurrencyIsRefused() {
            refused(given(OPENED).when(deposit("deposit-1", Money.of("1.00", "USD"))), RefusalReason.AM03);
            refused(given(OPENED).when(withdraw("withdrawal-1", Money.of("1.00", "USD"))), RefusalReason.AM03);
        }

        @Test
        void moreThanAnAccountCanHoldIsRefused() {
            MoneyDeposited most = new MoneyDeposited(IBAN, "most", new Money(Long.MAX_VALUE, EUR), "cash");
            refused(given(OPENED, most).when(deposit("deposit-1", eur("0.01"))), RefusalReason.AM02);
        }

        @Test
        void theOverdraftLimitCountsTowardsWhatAnAccountCanHold() {
            AccountOpened withLimit = new AccountOpened(IBAN, "alice", EUR, new Money(Long.MAX_VALUE, EUR));
            refused(given(withLimit).when(deposit("deposit-1", eur("0.01"))), RefusalReason.AM02);
        }

        @Test
        void anAccountThatDoesNotExistRefuses() {
            refused(given().when(deposit("deposit-1", eur("1.00"))), RefusalReason.AC01);
            refused(given().when(withdraw("withdrawal-1", eur("1.00"))), RefusalReason.AC01);
            refused(given().when(new CloseAccount(IBAN, "closure-1")), RefusalReason.AC01);
        }

        @Test
        void aClosedAccountRefuses() {
            refused(given(OPENED, CLOSED).when(deposit("deposit-1", eur("1.00"))), RefusalReason.AC04);
            refused(given(OPENED, CLOSED).when(withdraw("withdrawal-1", eur("1.00"))), RefusalReason.AC04);
        }

        @Test
        void aRepetitionIsAnsweredEvenAfterClosing() {
            given(OPENED, DEPOSITED, EMPTIED, CLOSED)
                    .when(deposit("deposit-1", eur("100.00")))
                    .expectNoEvents()
                    .expectResultMessagePayload(balance("0.00", "0.00", "0.00", 3));
        }
    }

    @Nested
    class Barring {

        private static final BarOperation BAR = new BarOperation(IBAN, "withdrawal-1");
        private static final OperationBarred BARRED = new OperationBarred(IBAN, "withdrawal-1");

        @Test
        void whatWasRefusedIsBarredOnce() {
            given(OPENED).when(BAR).expectEvents(BARRED).expectResultMessagePayload(true);
            given(OPENED, BARRED).when(BAR).expectNoEvents().expectResultMessagePayload(true);
        }

        @Test
        void whatIsBarredIsNotDoneThoughItCould() {
            refused(given(OPENED, BARRED, DEPOSITED).when(withdraw("withdrawal-1", eur("100.00"))), RefusalReason.AM05);
            refused(given(OPENED, BARRED).when(deposit("withdrawal-1", eur("1.00"))), RefusalReason.AM05);
            refused(given(OPENED, BARRED).when(new CloseAccount(IBAN, "withdrawal-1")), RefusalReason.AM05);
            refused(given(OPENED, BARRED).when(new BlockAccount(IBAN, "withdrawal-1")), RefusalReason.AM05);
        }

        @Test
        void whatHasBeenDoneIsNotBarred() {
            given(OPENED, DEPOSITED, EMPTIED).when(BAR).expectNoEvents().expectResultMessagePayload(false);
        }

        @Test
        void anAccountThatIsOpenedLaterRemembersIt() {
            given().when(BAR).expectEvents(BARRED);
            refused(given(BARRED, OPENED, DEPOSITED).when(withdraw("withdrawal-1", eur("1.00"))), RefusalReason.AM05);
        }
    }

    @Nested
    class Blocking {

        private static final BlockAccount BLOCK = new BlockAccount(IBAN, "block-1");
        private static final UnblockAccount UNBLOCK = new UnblockAccount(IBAN, "unblock-1");

        @Test
        void anAccountIsBlockedAndUnblocked() {
            given(OPENED, DEPOSITED)
                    .when(BLOCK)
                    .expectEvents(BLOCKED)
                    .expectResultMessagePayload(balance("100.00", "0.00", "100.00", 2));
            given(OPENED, BLOCKED)
                    .when(UNBLOCK)
                    .expectEvents(UNBLOCKED)
                    .expectResultMessagePayload(balance("0.00", "0.00", "0.00", 2));
        }

        @Test
        void aRepetitionDoesNotUndoWhatCameAfterIt() {
            given(OPENED, BLOCKED, UNBLOCKED).when(BLOCK).expectNoEvents();
            given(OPENED, BLOCKED, UNBLOCKED, new AccountBlocked(IBAN, "block-2"))
                    .when(UNBLOCK)
                    .expectNoEvents();
        }

        @Test
        void aBlockedAccountTakesNoNewBusiness() {
            refused(given(OPENED, BLOCKED).when(deposit("deposit-1", eur("1.00"))), RefusalReason.AC06);
            refused(given(OPENED, DEPOSITED, BLOCKED).when(withdraw("withdrawal-1", eur("1.00"))), RefusalReason.AC06);
            refused(given(OPENED, BLOCKED).when(new CloseAccount(IBAN, "closure-1")), RefusalReason.AC06);
            given(OPENED, DEPOSITED, BLOCKED)
                    .when(RESERVE)
                    .expectEvents(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AC06));
        }

        @Test
        void whatIsReservedIsCapturedOrReleasedAllTheSame() {
            given(OPENED, DEPOSITED, RESERVED, BLOCKED).when(CAPTURE).expectEvents(CAPTURED);
            given(OPENED, DEPOSITED, RESERVED, BLOCKED).when(RELEASE).expectEvents(RELEASED);
        }

        @Test
        void aRepetitionOfWhatWasDoneIsAnsweredWhileItIsBlocked() {
            given(OPENED, DEPOSITED, BLOCKED)
                    .when(deposit("deposit-1", eur("100.00")))
                    .expectNoEvents()
                    .expectResultMessagePayload(balance("100.00", "0.00", "100.00", 2));
        }

        @Test
        void anUnblockedAccountDoesBusinessAgain() {
            given(OPENED, BLOCKED, UNBLOCKED)
                    .when(deposit("deposit-1", eur("100.00")))
                    .expectEvents(DEPOSITED);
        }

        @Test
        void whatIsNotThereOrClosedIsNeitherBlockedNorUnblocked() {
            refused(given().when(BLOCK), RefusalReason.AC01);
            refused(given().when(UNBLOCK), RefusalReason.AC01);
            refused(given(OPENED, CLOSED).when(BLOCK), RefusalReason.AC04);
            refused(given(OPENED, CLOSED).when(UNBLOCK), RefusalReason.AC04);
        }
    }

    @Nested
    class Closing {

        @Test
        void anEmptyAccountCloses() {
            given(OPENED).when(new CloseAccount(IBAN, "closure-1")).expectEvents(CLOSED);
        }

        @Test
        void repeatedlyChangesNothing() {
            given(OPENED, CLOSED)
                    .when(new CloseAccount(IBAN, "closure-1"))
                    .expectNoEvents()
                    .expectResultMessagePayload(balance("0.00", "0.00", "0.00", 1));
        }

        @Test
        void aSecondTimeByAnotherOperationIsRefused() {
            refused(given(OPENED, CLOSED).when(new CloseAccount(IBAN, "closure-2")), RefusalReason.AC04);
        }

        @Test
        void isRefusedWhileThereIsMoney() {
            refused(given(OPENED, DEPOSITED).when(new CloseAccount(IBAN, "closure-1")), RefusalReason.AG01);
        }

        @Test
        void isRefusedWhileThereIsDebt() {
            AccountOpened withLimit = new AccountOpened(IBAN, "alice", EUR, eur("500.00"));
            refused(given(withLimit, EMPTIED).when(new CloseAccount(IBAN, "closure-1")), RefusalReason.AG01);
        }

        @Test
        void isRefusedWhileSomethingIsReserved() {
            AccountOpened withLimit = new AccountOpened(IBAN, "alice", EUR, eur("500.00"));
            refused(given(withLimit, RESERVED).when(new CloseAccount(IBAN, "closure-1")), RefusalReason.AG01);
        }
    }

    @Nested
    class AtTheSourceOfATransfer {

        @Test
        void fundsAreReserved() {
            given(OPENED, DEPOSITED)
                    .when(RESERVE)
                    .expectEvents(RESERVED)
                    .expectResultMessagePayload(ReservationState.RESERVED);
        }

        @Test
        void reservingTwiceReservesOnce() {
            given(OPENED, DEPOSITED, RESERVED)
                    .when(RESERVE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.RESERVED);
        }

        @Test
        void reservingAnotherAmountForTheSameTransferIsRefused() {
            ReserveFunds other = new ReserveFunds(IBAN, TRANSFER, eur("30.01"), OTHER, REQUESTED_AT);
            refused(given(OPENED, DEPOSITED, RESERVED).when(other), RefusalReason.AM05);
            refused(given(OPENED, DEPOSITED, RESERVED, CAPTURED).when(other), RefusalReason.AM05);
            refused(given(OPENED, DEPOSITED, RESERVED, RELEASED).when(other), RefusalReason.AM05);
        }

        @Test
        void whatIsNotCoveredIsRejectedByAnEvent() {
            given(OPENED)
                    .when(RESERVE)
                    .expectEvents(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AM04))
                    .expectResultMessagePayload(ReservationState.REJECTED);
        }

        @Test
        void noMoreThanTheMostAreOpenAtOnce() {
            List<Object> past = new ArrayList<>(
                    List.of(OPENED, DEPOSITED, new MoneyDeposited(IBAN, "deposit-2", eur("100.00"), "cash")));
            for (int number = 1; number <= Account.MOST_RESERVATIONS; number++) {
                past.add(new FundsReserved(IBAN, new TransferId("TRF-open-" + number), eur("0.01"), OTHER));
            }
            ReserveFunds another = new ReserveFunds(IBAN, TRANSFER, eur("0.01"), OTHER, REQUESTED_AT);
            given(past.toArray())
                    .when(another)
                    .expectEvents(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AM21))
                    .expectResultMessagePayload(ReservationState.REJECTED);

            past.add(new ReservationReleased(IBAN, new TransferId("TRF-open-1"), eur("0.01")));
            given(past.toArray())
                    .when(another)
                    .expectEvents(new FundsReserved(IBAN, TRANSFER, another.amount(), OTHER));
        }

        @Test
        void anotherCurrencyIsRejectedByAnEvent() {
            given(OPENED, DEPOSITED)
                    .when(new ReserveFunds(IBAN, TRANSFER, Money.of("1.00", "USD"), OTHER, REQUESTED_AT))
                    .expectEvents(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AM03));
        }

        @Test
        void aClosedAccountRejectsByAnEvent() {
            given(OPENED, CLOSED)
                    .when(RESERVE)
                    .expectEvents(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AC04));
        }

        @Test
        void anAccountThatDoesNotExistRejectsByAnEvent() {
            given().when(RESERVE)
                    .expectEvents(new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AC01))
                    .expectResultMessagePayload(ReservationState.REJECTED);
        }

        @Test
        void aRejectionStandsEvenWhenFundsArriveLater() {
            given(OPENED, new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AM04), DEPOSITED)
                    .when(RESERVE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.REJECTED);
        }

        @Test
        void aReservationIsCaptured() {
            given(OPENED, DEPOSITED, RESERVED)
                    .when(CAPTURE)
                    .expectEvents(CAPTURED)
                    .expectResultMessagePayload(ReservationState.CAPTURED);
        }

        @Test
        void capturingTwiceCapturesOnce() {
            given(OPENED, DEPOSITED, RESERVED, CAPTURED)
                    .when(CAPTURE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.CAPTURED);
        }

        @Test
        void aLateReservationAfterTheCaptureReservesNothing() {
            given(OPENED, DEPOSITED, RESERVED, CAPTURED)
                    .when(RESERVE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.CAPTURED);
        }

        @Test
        void capturingWhatWasNeverReservedIsAnError() {
            given(OPENED, DEPOSITED).when(CAPTURE).expectNoEvents().expectException(IllegalStateException.class);
            given().when(CAPTURE).expectNoEvents().expectException(IllegalStateException.class);
        }

        @Test
        void capturingWhatWasReleasedOrRejectedIsAnError() {
            given(OPENED, DEPOSITED, RESERVED, RELEASED)
                    .when(CAPTURE)
                    .expectNoEvents()
                    .expectException(IllegalStateException.class);
            given(OPENED, new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.AM04))
                    .when(CAPTURE)
                    .expectNoEvents()
                    .expectException(IllegalStateException.class);
        }

        @Test
        void aReservationIsReleased() {
            given(OPENED, DEPOSITED, RESERVED)
                    .when(RELEASE)
                    .expectEvents(RELEASED)
                    .expectResultMessagePayload(ReservationState.RELEASED);
        }

        @Test
        void releasingTwiceReleasesOnce() {
            given(OPENED, DEPOSITED, RESERVED, RELEASED)
                    .when(RELEASE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.RELEASED);
        }

        @Test
        void aClosedAccountStillReleases() {
            given(OPENED, DEPOSITED, RESERVED, CLOSED).when(RELEASE).expectEvents(RELEASED);
        }

        @Test
        void releasingWhatWasCapturedGivesNothingBack() {
            given(OPENED, DEPOSITED, RESERVED, CAPTURED)
                    .when(RELEASE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.CAPTURED);
        }

        @Test
        void releasingWhatWasNeverSeenBarsIt() {
            FundsReservationRejected tombstone = new FundsReservationRejected(IBAN, TRANSFER, RefusalReason.TM01);
            given(OPENED, DEPOSITED)
                    .when(RELEASE)
                    .expectEvents(tombstone)
                    .expectResultMessagePayload(ReservationState.REJECTED);
            given().when(RELEASE).expectEvents(tombstone);
            given(OPENED, DEPOSITED, tombstone)
                    .when(RESERVE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.REJECTED);
        }

        @Test
        void aReleasedTransferIsNotReservedAgain() {
            given(OPENED, DEPOSITED, RESERVED, RELEASED)
                    .when(RESERVE)
                    .expectNoEvents()
                    .expectResultMessagePayload(ReservationState.RELEASED);
        }
    }

    @Nested
    class AtTheTargetOfATransfer {

        private final TransferCreditCancelled tombstone = new TransferCreditCancelled(IBAN, TRANSFER);

        @Test
        void theAmountIsCredited() {
            given(OPENED)
                    .when(CREDIT)
                    .expectEvents(CREDITED)
                    .expectResultMessagePayload(CreditState.CREDITED)
                    .expectState(state -> assertThat(state).isNotNull());
        }

        @Test
        void creditingTwiceBooksOnce() {
            given(OPENED, CREDITED).when(CREDIT).expectNoEvents().expectResultMessagePayload(CreditState.CREDITED);
        }

        @Test
        void creditingAnotherAmountForTheSameTransferIsRefused() {
            refused(
                    given(OPENED, CREDITED).when(new CreditTransfer(IBAN, TRANSFER, eur("30.01"), OTHER, REQUESTED_AT)),
                    RefusalReason.AM05);
        }

        @Test
        void refusalsAreEvents() {
            rejects(RefusalReason.AC01, CREDIT);
            rejects(RefusalReason.AC04, CREDIT, OPENED, CLOSED);
            rejects(RefusalReason.AC06, CREDIT, OPENED, BLOCKED);
            rejects(
                    RefusalReason.AM03,
                    new CreditTransfer(IBAN, TRANSFER, Money.of("1.00", "USD"), OTHER, REQUESTED_AT),
                    OPENED);
            rejects(
                    RefusalReason.AM02,
                    CREDIT,
                    OPENED,
                    new MoneyDeposited(IBAN, "most", new Money(Long.MAX_VALUE, EUR), "cash"));
        }

        private void rejects(RefusalReason reason, AccountCommand command, Object... events) {
            given(events)
                    .when(command)
                    .expectEvents(new TransferCreditRejected(IBAN, TRANSFER, reason))
                    .expectResultMessagePayload(CreditState.REJECTED);
        }

        @Test
        void aRejectionStandsEvenWhenTheAccountIsOpenedLater() {
            given(new TransferCreditRejected(IBAN, TRANSFER, RefusalReason.AC01), OPENED)
                    .when(CREDIT)
                    .expectNoEvents()
                    .expectResultMessagePayload(CreditState.REJECTED);
        }

        @Test
        void cancellingBeforeTheCreditBarsIt() {
            given(OPENED).when(CANCEL).expectEvents(tombstone).expectResultMessagePayload(CreditState.CANCELLED);
            given().when(CANCEL).expectEvents(tombstone).expectResultMessagePayload(CreditState.CANCELLED);
            given(OPENED, tombstone).when(CREDIT).expectNoEvents().expectResultMessagePayload(CreditState.CANCELLED);
        }

        @Test
        void cancellingAfterTheCreditAnswersThatItStands() {
            given(OPENED, CREDITED).when(CANCEL).expectNoEvents().expectResultMessagePayload(CreditState.CREDITED);
        }

        @Test
        void cancellingARejectedCreditAnswersTheRejection() {
            given(OPENED, new TransferCreditRejected(IBAN, TRANSFER, RefusalReason.AM02))
                    .when(CANCEL)
                    .expectNoEvents()
                    .expectResultMessagePayload(CreditState.REJECTED);
        }
    }
}
