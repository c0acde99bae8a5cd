package florin.transfer.saga;

import florin.account.api.Iban;
import florin.money.Money;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;

/** The transfer that the tests speak of. */
final class Examples {

    static final TransferId ID = new TransferId("TRF-1");
    static final Iban FROM = Iban.of("FLNO", 1);
    static final Iban TO = Iban.of("FLSO", 2);
    static final Money AMOUNT = Money.of("30.00", "EUR");
    static final TransferRequested REQUESTED = new TransferRequested(ID, FROM, TO, AMOUNT, "rent");

    private Examples() {}
}
