package florin.transfer.saga;

import florin.account.api.Iban;
import florin.money.Money;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import java.time.Duration;
import java.time.Instant;

/** The transfer that the tests speak of. */
final class Examples {

    static final TransferId ID = new TransferId("TRF-1");
    static final Iban FROM = Iban.of("FLNO", 1);
    static final Iban TO = Iban.of("FLSO", 2);
    static final Money AMOUNT = Money.of("30.00", "EUR");
    static final TransferRequested REQUESTED = new TransferRequested(ID, FROM, TO, AMOUNT, "rent");

    static final Instant REQUESTED_AT = Instant.parse("2026-05-01T12:00:00Z");
    static final TransferProperties SETTINGS = new TransferProperties(
            Duration.ofMinutes(10), 20, Duration.ofMinutes(1), Duration.ofMinutes(2), Duration.ofMinutes(10));

    private Examples() {}
}
