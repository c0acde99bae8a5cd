package florin.account.command;

import static org.axonframework.modelling.command.AggregateCreationPolicy.CREATE_IF_MISSING;
import static org.axonframework.modelling.command.AggregateLifecycle.apply;
import static org.axonframework.modelling.command.AggregateLifecycle.getVersion;

import florin.account.api.AccountBalance;
import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountOpened;
import florin.account.api.AccountRefusal;
import florin.account.api.AccountStatus;
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
import java.util.Currency;
import java.util.Optional;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventhandling.Timestamp;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.CreationPolicy;
import org.axonframework.serialization.Revision;
import org.axonframework.spring.stereotype.Aggregate;

/**
 * One account: what it holds, what it has set aside, and what it has done before.
 *
 * <p>Invariant: {@code booked - reserved + overdraftLimit >= 0}, no sum leaves the range of {@link Money}, and no more than
 * {@value #MOST_RESERVATIONS} reservations are open, because these are never forgotten. An account
 * that was never opened may have a stream too: its refusals of transfers are kept like any other. The revision changes
 * with the fields, so that a snapshot of other fields is not read.
 */
@Revision("5")
@Aggregate(repository = "accounts", commandTargetResolver = "accountOfCommand")
final class Account {

    static final int MOST_RESERVATIONS = 10_000;

    @AggregateIdentifier
    private Iban iban;

    private AccountStatus status;
    private String owner;
    private Currency currency;
    private Money overdraftLimit;
    private Money booked;
    private Money reserved;
    private int openReservations;
    private Memory<Operation> operations = new Memory<>();
    private Memory<ReservationState> reservations = new Memory<>();
    private Memory<CreditState> credits = new Memory<>();

    /** For Axon: an account that was never opened. */
    Account() {}

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    AccountBalance handle(OpenAccount command) {
        Money limit = command.overdraftLimit().requireNotNegative();
        if (!limit.currency().equals(command.currency())) {
            throw refusal(RefusalReason.AM03, "The overdraft limit is not in " + command.currency());
        }
        AccountOpened opened = new AccountOpened(command.iban(), command.owner(), command.currency(), limit);
        if (status == null) {
            apply(opened);
        } else if (!opened.equals(new AccountOpened(iban, owner, currency, overdraftLimit))) {
            throw refusal(RefusalReason.AM05, command.iban() + " was opened before with other content");
        }
        return balance();
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    AccountBalance handle(DepositMoney command) {
        if (isRepeated(command.operationId(), Operation.DEPOSIT, command.amount())) {
            return balance();
        }
        refuseIf(creditRefusal(command.amount()), command.iban(), command.amount());
        apply(new MoneyDeposited(iban, command.operationId(), command.amount(), command.reference()));
        return balance();
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    AccountBalance handle(WithdrawMoney command) {
        if (isRepeated(command.operationId(), Operation.WITHDRAWAL, command.amount())) {
            return balance();
        }
        refuseIf(debitRefusal(command.amount()), command.iban(), command.amount());
        apply(new MoneyWithdrawn(iban, command.operationId(), command.amount(), command.reference()));
        return balance();
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    AccountBalance handle(BlockAccount command) {
        if (!isRepeated(command.operationId(), Operation.BLOCKING)) {
            refuseIf(existenceRefusal(), command.iban());
            apply(new AccountBlocked(iban, command.operationId()));
        }
        return balance();
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    AccountBalance handle(UnblockAccount command) {
        if (!isRepeated(command.operationId(), Operation.UNBLOCKING)) {
            refuseIf(existenceRefusal(), command.iban());
            apply(new AccountUnblocked(iban, command.operationId()));
        }
        return balance();
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    AccountBalance handle(CloseAccount command) {
        if (isRepeated(command.operationId(), Operation.CLOSURE)) {
            return balance();
        }
        refuseIf(statusRefusal(), command.iban());
        if (!booked.isZero() || openReservations > 0) {
            throw refusal(RefusalReason.AG01, "The balance is " + booked + ", of which " + reserved + " is reserved");
        }
        apply(new AccountClosed(iban, command.operationId()));
        return balance();
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    boolean handle(BarOperation command) {
        Optional<Memory.Entry<Operation>> seen = operations.find(command.operationId());
        if (seen.isEmpty()) {
            apply(new OperationBarred(command.iban(), command.operationId()));
        }
        return seen.isEmpty() || seen.get().state() == Operation.BARRED;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    ReservationState handle(ReserveFunds command) {
        Optional<Memory.Entry<ReservationState>> seen = seenReservation(command.transferId());
        if (seen.isPresent()) {
            return seen.get().state() == ReservationState.REJECTED
                    ? ReservationState.REJECTED
                    : same(seen.get(), command.transferId(), command.amount());
        }
        requireRemembered(reservations, command.transferId(), command.requestedAt(), command.iban());
        Optional<RefusalReason> refusal = debitRefusal(command.amount()).or(this::reservationRefusal);
        if (refusal.isPresent()) {
            apply(new FundsReservationRejected(command.iban(), command.transferId(), refusal.get()));
            return ReservationState.REJECTED;
        }
        apply(new FundsReserved(iban, command.transferId(), command.amount(), command.creditor()));
        return ReservationState.RESERVED;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    ReservationState handle(CaptureReservation command) {
        Memory.Entry<ReservationState> seen = seenReservation(command.transferId())
                .orElseThrow(() -> new IllegalStateException(
                        command.transferId() + " has no reservation at " + command.iban() + " that could be captured"));
        return switch (seen.state()) {
            case CAPTURED -> ReservationState.CAPTURED;
            case RESERVED -> {
                apply(new ReservationCaptured(iban, command.transferId(), amountOf(seen)));
                yield ReservationState.CAPTURED;
            }
            case RELEASED, REJECTED ->
                throw new IllegalStateException("The reservation of " + command.transferId() + " at " + command.iban()
                        + " is " + seen.state() + " and cannot be captured");
        };
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    ReservationState handle(ReleaseReservation command) {
        Optional<Memory.Entry<ReservationState>> seen = seenReservation(command.transferId());
        if (seen.isEmpty()) {
            requireRemembered(reservations, command.transferId(), command.requestedAt(), command.iban());
            apply(new FundsReservationRejected(command.iban(), command.transferId(), RefusalReason.TM01));
            return ReservationState.REJECTED;
        }
        if (seen.get().state() != ReservationState.RESERVED) {
            return seen.get().state();
        }
        apply(new ReservationReleased(iban, command.transferId(), amountOf(seen.get())));
        return ReservationState.RELEASED;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    CreditState handle(CreditTransfer command) {
        Optional<Memory.Entry<CreditState>> seen = seenCredit(command.transferId());
        if (seen.isPresent()) {
            return seen.get().state() == CreditState.CREDITED
                    ? same(seen.get(), command.transferId(), command.amount())
                    : seen.get().state();
        }
        requireRemembered(credits, command.transferId(), command.requestedAt(), command.iban());
        Optional<RefusalReason> refusal = creditRefusal(command.amount());
        if (refusal.isPresent()) {
            apply(new TransferCreditRejected(command.iban(), command.transferId(), refusal.get()));
            return CreditState.REJECTED;
        }
        apply(new TransferCredited(iban, command.transferId(), command.amount(), command.debtor()));
        return CreditState.CREDITED;
    }

    @CommandHandler
    @CreationPolicy(CREATE_IF_MISSING)
    CreditState handle(CancelTransferCredit command) {
        Optional<Memory.Entry<CreditState>> seen = seenCredit(command.transferId());
        if (seen.isPresent()) {
            return seen.get().state();
        }
        requireRemembered(credits, command.transferId(), command.requestedAt(), command.iban());
        apply(new TransferCreditCancelled(command.iban(), command.transferId()));
        return CreditState.CANCELLED;
    }

    @EventSourcingHandler
    void on(AccountOpened event) {
        iban = event.iban();
        status = AccountStatus.OPEN;
        owner = event.owner();
        currency = event.currency();
        overdraftLimit = event.overdraftLimit();
        booked = Money.zero(currency);
        reserved = Money.zero(currency);
    }

    @EventSourcingHandler
    void on(MoneyDeposited event, @Timestamp Instant at, IdempotencyWindow window) {
        booked = booked.plus(event.amount());
        remember(event.operationId(), Operation.DEPOSIT, event.amount(), at, window);
    }

    @EventSourcingHandler
    void on(MoneyWithdrawn event, @Timestamp Instant at, IdempotencyWindow window) {
        booked = booked.minus(event.amount());
        remember(event.operationId(), Operation.WITHDRAWAL, event.amount(), at, window);
    }

    @EventSourcingHandler
    void on(AccountBlocked event, @Timestamp Instant at, IdempotencyWindow window) {
        status = AccountStatus.BLOCKED;
        remember(event.operationId(), Operation.BLOCKING, Money.zero(currency), at, window);
    }

    @EventSourcingHandler
    void on(AccountUnblocked event, @Timestamp Instant at, IdempotencyWindow window) {
        status = AccountStatus.OPEN;
        remember(event.operationId(), Operation.UNBLOCKING, Money.zero(currency), at, window);
    }

    @EventSourcingHandler
    void on(AccountClosed event, @Timestamp Instant at, IdempotencyWindow window) {
        status = AccountStatus.CLOSED;
        remember(event.operationId(), Operation.CLOSURE, Money.zero(currency), at, window);
    }

    @EventSourcingHandler
    void on(OperationBarred event, @Timestamp Instant at, IdempotencyWindow window) {
        iban = event.iban();
        operations.remember(event.operationId(), Operation.BARRED, 0, at, any -> true, window);
    }

    @EventSourcingHandler
    void on(FundsReserved event, @Timestamp Instant at, IdempotencyWindow window) {
        reserved = reserved.plus(event.amount());
        openReservations++;
        remember(event.transferId(), ReservationState.RESERVED, event.amount().minorUnits(), at, window);
    }

    @EventSourcingHandler
    void on(FundsReservationRejected event, @Timestamp Instant at, IdempotencyWindow window) {
        iban = event.iban();
        remember(event.transferId(), ReservationState.REJECTED, 0, at, window);
    }

    @EventSourcingHandler
    void on(ReservationCaptured event, @Timestamp Instant at, IdempotencyWindow window) {
        booked = booked.minus(event.amount());
        reserved = reserved.minus(event.amount());
        openReservations--;
        remember(event.transferId(), ReservationState.CAPTURED, event.amount().minorUnits(), at, window);
    }

    @EventSourcingHandler
    void on(ReservationReleased event, @Timestamp Instant at, IdempotencyWindow window) {
        reserved = reserved.minus(event.amount());
        openReservations--;
        remember(event.transferId(), ReservationState.RELEASED, event.amount().minorUnits(), at, window);
    }

    @EventSourcingHandler
    void on(TransferCredited event, @Timestamp Instant at, IdempotencyWindow window) {
        booked = booked.plus(event.amount());
        remember(event.transferId(), CreditState.CREDITED, event.amount().minorUnits(), at, window);
    }

    @EventSourcingHandler
    void on(TransferCreditRejected event, @Timestamp Instant at, IdempotencyWindow window) {
        iban = event.iban();
        remember(event.transferId(), CreditState.REJECTED, 0, at, window);
    }

    @EventSourcingHandler
    void on(TransferCreditCancelled event, @Timestamp Instant at, IdempotencyWindow window) {
        iban = event.iban();
        remember(event.transferId(), CreditState.CANCELLED, 0, at, window);
    }

    /** How much a snapshot has to hold. */
    int remembered() {
        return operations.size() + reservations.size() + credits.size();
    }

    private Optional<RefusalReason> statusRefusal() {
        return existenceRefusal()
                .or(() -> status == AccountStatus.BLOCKED ? Optional.of(RefusalReason.AC06) : Optional.empty());
    }

    private Optional<RefusalReason> existenceRefusal() {
        if (status == null) {
            return Optional.of(RefusalReason.AC01);
        }
        return status == AccountStatus.CLOSED ? Optional.of(RefusalReason.AC04) : Optional.empty();
    }

    private Optional<RefusalReason> currencyRefusal(Money amount) {
        return statusRefusal()
                .or(() -> amount.currency().equals(currency) ? Optional.empty() : Optional.of(RefusalReason.AM03));
    }

    private Optional<RefusalReason> debitRefusal(Money amount) {
        return currencyRefusal(amount)
                .or(() -> available().isLessThan(amount) ? Optional.of(RefusalReason.AM04) : Optional.empty());
    }

    private Optional<RefusalReason> reservationRefusal() {
        return openReservations < MOST_RESERVATIONS ? Optional.empty() : Optional.of(RefusalReason.AM21);
    }

    private Optional<RefusalReason> creditRefusal(Money amount) {
        return currencyRefusal(amount)
                .or(() -> headroom().isLessThan(amount) ? Optional.of(RefusalReason.AM02) : Optional.empty());
    }

    private Money available() {
        return booked.minus(reserved).plus(overdraftLimit);
    }

    /** What can still come in so that the available balance, with nothing reserved, stays a number. */
    private Money headroom() {
        return new Money(Long.MAX_VALUE, currency).minus(overdraftLimit).minus(booked);
    }

    private AccountBalance balance() {
        return new AccountBalance(iban, booked, reserved, available(), getVersion());
    }

    private Optional<Memory.Entry<ReservationState>> seenReservation(TransferId transferId) {
        return reservations.find(transferId.value());
    }

    private Optional<Memory.Entry<CreditState>> seenCredit(TransferId transferId) {
        return credits.find(transferId.value());
    }

    /** A fault, not a refusal: what is not known any more is not guessed. */
    private static void requireRemembered(Memory<?> memory, TransferId transferId, Instant requestedAt, Iban account) {
        if (memory.mayHaveForgotten(requestedAt)) {
            throw new IllegalStateException(transferId + " of " + requestedAt + " is older than what " + account
                    + " remembers: whether it was done cannot be told here any more");
        }
    }

    private Money amountOf(Memory.Entry<?> entry) {
        return new Money(entry.amountMinor(), currency);
    }

    /** Of an operation that moves no money. */
    private boolean isRepeated(String operationId, Operation operation) {
        return status != null && isRepeated(operationId, operation, Money.zero(currency));
    }

    private boolean isRepeated(String operationId, Operation operation, Money amount) {
        Optional<Memory.Entry<Operation>> seen = operations.find(operationId);
        if (seen.isEmpty()) {
            return false;
        }
        if (seen.get().state() == Operation.BARRED) {
            throw refusal(RefusalReason.AM05, "Operation " + operationId + " was refused before");
        }
        if (seen.get().state() != operation || !isAbout(seen.get(), amount)) {
            throw refusal(RefusalReason.AM05, "Operation " + operationId + " was made before with other content");
        }
        return true;
    }

    private <S> S same(Memory.Entry<S> seen, TransferId transferId, Money amount) {
        if (!isAbout(seen, amount)) {
            throw refusal(RefusalReason.AM05, transferId + " was made before with " + amountOf(seen));
        }
        return seen.state();
    }

    private boolean isAbout(Memory.Entry<?> seen, Money amount) {
        return amountOf(seen).equals(amount);
    }

    private void remember(String operationId, Operation operation, Money amount, Instant at, IdempotencyWindow window) {
        operations.remember(operationId, operation, amount.minorUnits(), at, any -> true, window);
    }

    private void remember(
            TransferId transferId, ReservationState state, long amountMinor, Instant at, IdempotencyWindow window) {
        reservations.remember(transferId.value(), state, amountMinor, at, settled -> !isOpen(settled), window);
    }

    private void remember(
            TransferId transferId, CreditState state, long amountMinor, Instant at, IdempotencyWindow window) {
        credits.remember(transferId.value(), state, amountMinor, at, any -> true, window);
    }

    private static boolean isOpen(ReservationState state) {
        return state == ReservationState.RESERVED;
    }

    private void refuseIf(Optional<RefusalReason> reason, Iban account, Money amount) {
        if (reason.filter(RefusalReason.AM04::equals).isPresent()) {
            throw refusal(RefusalReason.AM04, available() + " is available, " + amount + " is asked for");
        }
        refuseIf(reason, account);
    }

    private static void refuseIf(Optional<RefusalReason> reason, Iban account) {
        if (reason.isPresent()) {
            throw refusal(reason.get(), account + ": " + reason.get().description());
        }
    }

    private static CommandExecutionException refusal(RefusalReason reason, String detail) {
        return new CommandExecutionException(detail, null, new AccountRefusal(reason, detail));
    }
}
