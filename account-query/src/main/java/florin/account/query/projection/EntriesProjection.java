package florin.account.query.projection;

import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.ReservationCaptured;
import florin.account.api.TransferCredited;
import florin.kit.EventBatch;
import florin.money.Money;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.SequenceNumber;
import org.axonframework.eventhandling.Timestamp;

/**
 * Books every event that moves money as one posting of two entries, equal and opposite, in one statement. So at every
 * instant all entries of a currency sum to zero, and the clearing accounts sum to minus the transfers in flight.
 */
class EntriesProjection {

    private final Half half;
    private final EntryRows rows;

    EntriesProjection(Half half, EntryRows rows) {
        this.half = half;
        this.rows = rows;
    }

    Half half() {
        return half;
    }

    @EventHandler
    void on(MoneyDeposited event, @SequenceNumber long position, @Timestamp Instant bookedAt) {
        book(
                event.iban(),
                position,
                LedgerAccount.cash(event.iban()),
                LedgerAccount.customer(event.iban()),
                event.amount(),
                "DEPOSIT",
                null,
                event.reference(),
                bookedAt);
    }

    @EventHandler
    void on(MoneyWithdrawn event, @SequenceNumber long position, @Timestamp Instant bookedAt) {
        book(
                event.iban(),
                position,
                LedgerAccount.customer(event.iban()),
                LedgerAccount.cash(event.iban()),
                event.amount(),
                "WITHDRAWAL",
                null,
                event.reference(),
                bookedAt);
    }

    @EventHandler
    void on(TransferCredited event, @SequenceNumber long position, @Timestamp Instant bookedAt) {
        book(
                event.iban(),
                position,
                LedgerAccount.clearing(event.iban()),
                LedgerAccount.customer(event.iban()),
                event.amount(),
                "TRANSFER_IN",
                event.transferId().value(),
                null,
                bookedAt);
    }

    @EventHandler
    void on(ReservationCaptured event, @SequenceNumber long position, @Timestamp Instant bookedAt) {
        book(
                event.iban(),
                position,
                LedgerAccount.customer(event.iban()),
                LedgerAccount.clearing(event.iban()),
                event.amount(),
                "TRANSFER_OUT",
                event.transferId().value(),
                null,
                bookedAt);
    }

    private void book(
            Iban iban,
            long position,
            LedgerAccount debited,
            LedgerAccount credited,
            Money amount,
            String kind,
            String transferId,
            String reference,
            Instant bookedAt) {
        long amountMinor = amount.requirePositive().minorUnits();
        String posting = iban + "-" + position;
        String currency = amount.currency().getCurrencyCode();
        List<EntryRow> batch = EventBatch.work(EntriesProjection.class.getName(), ArrayList::new, rows::insert);
        batch.add(new EntryRow(
                posting + "-D", debited, currency, -amountMinor, kind, transferId, reference, bookedAt, position));
        batch.add(new EntryRow(
                posting + "-C", credited, currency, amountMinor, kind, transferId, reference, bookedAt, position));
    }
}
