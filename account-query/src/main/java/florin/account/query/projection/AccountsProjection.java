package florin.account.query.projection;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.AccountUnblocked;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.OperationBarred;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.money.Money;
import java.util.Optional;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.SequenceNumber;

/**
 * Keeps one row an account. An event that was applied before changes nothing; one whose predecessor is missing throws, so
 * that it goes to the dead-letter queue and nothing is skipped silently.
 */
class AccountsProjection {

    private final Half half;
    private final AccountRows rows;

    AccountsProjection(Half half, AccountRows rows) {
        this.half = half;
        this.rows = rows;
    }

    Half half() {
        return half;
    }

    @EventHandler
    void on(AccountOpened event, @SequenceNumber long position) {
        AccountBatch batch = AccountBatch.of(rows);
        if (batch.find(event.iban()).isEmpty()) {
            batch.put(AccountRow.opened(event, position));
        }
    }

    @EventHandler
    void on(MoneyDeposited event, @SequenceNumber long position) {
        apply(event, position, event.amount(), zero(event.amount()));
    }

    @EventHandler
    void on(MoneyWithdrawn event, @SequenceNumber long position) {
        apply(event, position, event.amount().negate(), zero(event.amount()));
    }

    @EventHandler
    void on(FundsReserved event, @SequenceNumber long position) {
        apply(event, position, zero(event.amount()), event.amount());
    }

    @EventHandler
    void on(ReservationReleased event, @SequenceNumber long position) {
        apply(event, position, zero(event.amount()), event.amount().negate());
    }

    @EventHandler
    void on(ReservationCaptured event, @SequenceNumber long position) {
        apply(event, position, event.amount().negate(), event.amount().negate());
    }

    @EventHandler
    void on(TransferCredited event, @SequenceNumber long position) {
        apply(event, position, event.amount(), zero(event.amount()));
    }

    @EventHandler
    void on(AccountBlocked event, @SequenceNumber long position) {
        become(AccountStatus.BLOCKED, event, position);
    }

    @EventHandler
    void on(AccountUnblocked event, @SequenceNumber long position) {
        become(AccountStatus.OPEN, event, position);
    }

    @EventHandler
    void on(AccountClosed event, @SequenceNumber long position) {
        become(AccountStatus.CLOSED, event, position);
    }

    @EventHandler
    void on(FundsReservationRejected event, @SequenceNumber long position) {
        applyRefusal(event, position);
    }

    @EventHandler
    void on(TransferCreditRejected event, @SequenceNumber long position) {
        applyRefusal(event, position);
    }

    @EventHandler
    void on(TransferCreditCancelled event, @SequenceNumber long position) {
        applyRefusal(event, position);
    }

    @EventHandler
    void on(OperationBarred event, @SequenceNumber long position) {
        applyRefusal(event, position);
    }

    private void apply(AccountEvent event, long position, Money bookedChange, Money reservedChange) {
        AccountBatch batch = AccountBatch.of(rows);
        AccountRow row = opened(batch, event, position);
        if (row.position() < position) {
            batch.put(row.after(bookedChange, reservedChange, row.status(), position));
        }
    }

    private void become(AccountStatus status, AccountEvent event, long position) {
        AccountBatch batch = AccountBatch.of(rows);
        AccountRow row = opened(batch, event, position);
        if (row.position() < position) {
            batch.put(row.after(row.zero(), row.zero(), status, position));
        }
    }

    /** A branch records a refusal also for an account that it never opened: such a stream has no row. */
    private void applyRefusal(AccountEvent event, long position) {
        AccountBatch batch = AccountBatch.of(rows);
        next(batch, event, position)
                .filter(row -> row.position() < position)
                .ifPresent(row -> batch.put(row.after(row.zero(), row.zero(), row.status(), position)));
    }

    private static AccountRow opened(AccountBatch batch, AccountEvent event, long position) {
        return next(batch, event, position)
                .orElseThrow(() -> new IllegalStateException("Account " + event.iban() + " was never opened"));
    }

    private static Optional<AccountRow> next(AccountBatch batch, AccountEvent event, long position) {
        Optional<AccountRow> row = batch.find(event.iban());
        row.filter(found -> position > found.position() + 1).ifPresent(found -> {
            throw new IllegalStateException("Event " + position + " of account " + event.iban() + " came after event "
                    + found.position() + ": one is missing");
        });
        return row;
    }

    private static Money zero(Money amount) {
        return Money.zero(amount.currency());
    }
}
