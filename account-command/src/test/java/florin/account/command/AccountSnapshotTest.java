package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.AccountBalance;
import florin.account.api.CaptureReservation;
import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.DepositMoney;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.ReservationState;
import florin.account.api.ReserveFunds;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.util.Currency;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An account is the same whether it is read from a snapshot or from its events. */
class AccountSnapshotTest {

    private static final Iban IBAN = Iban.of("FLNO", 1);
    private static final Iban OTHER = Iban.of("FLSO", 2);
    private static final Money TEN = Money.of("10.00", "EUR");
    private static final OpenAccount OPEN =
            new OpenAccount(IBAN, "alice", Currency.getInstance("EUR"), Money.of("5.00", "EUR"));
    private static final DepositMoney DEPOSIT = new DepositMoney(IBAN, "deposit", TEN, "cash");
    private static final ReserveFunds RESERVE =
            new ReserveFunds(IBAN, new TransferId("TRF-1"), TEN, OTHER, AccountStore.NOW);
    private static final CreditTransfer CREDIT =
            new CreditTransfer(IBAN, TransferId.random(), TEN, OTHER, AccountStore.NOW);

    private final AccountStore store = new AccountStore(4);

    @BeforeEach
    void fourEventsMakeASnapshot() {
        store.send(OPEN);
        store.send(DEPOSIT);
        store.send(RESERVE);
        store.send(CREDIT);
        assertThat(store.snapshot(IBAN)).isPresent();
    }

    @AfterEach
    void stop() {
        store.close();
    }

    @Test
    void aSnapshotIsWrittenUnderItsRevision() {
        assertThat(store.snapshot(IBAN).orElseThrow().getPayload().getType().getRevision())
                .isEqualTo("4");
    }

    @Test
    void whatWasDoneIsRememberedThroughASnapshot() {
        assertThat(store.send(DEPOSIT))
                .isEqualTo(new AccountBalance(IBAN, Money.of("20.00", "EUR"), TEN, Money.of("15.00", "EUR"), 3));
        assertThat(store.send(RESERVE)).isEqualTo(ReservationState.RESERVED);
        assertThat(store.send(CREDIT)).isEqualTo(CreditState.CREDITED);
        assertThat(store.send(new CaptureReservation(IBAN, RESERVE.transferId())))
                .isEqualTo(ReservationState.CAPTURED);
        assertThat(store.events(IBAN)).hasSize(5);
    }

    @Test
    void aSnapshotOfThisRevisionIsWhatTheAccountIsReadFrom() {
        String json = store.snapshot(IBAN).orElseThrow().getPayload().getData();
        store.replaceSnapshot(IBAN, "4", json.replace("\"20.00\"", "\"77.00\""));

        assertThat(booked()).isEqualTo(Money.of("77.00", "EUR"));
    }

    @Test
    void aSnapshotOfAnotherRevisionIsDropped() {
        store.replaceSnapshot(IBAN, "1", "{\"balance\":\"of another shape\"}");

        assertThat(booked()).isEqualTo(Money.of("20.00", "EUR"));
    }

    @Test
    void aSnapshotThatCannotBeReadIsDropped() {
        store.replaceSnapshot(IBAN, "4", "{\"booked\":[]}");

        assertThat(booked()).isEqualTo(Money.of("20.00", "EUR"));
    }

    private Money booked() {
        return ((AccountBalance) store.send(DEPOSIT)).booked();
    }
}
