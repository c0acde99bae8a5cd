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
import florin.account.api.TransferCredited;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.util.Currency;
import java.util.HashSet;
import java.util.Set;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
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
                .isEqualTo("5");
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
        store.replaceSnapshot(IBAN, "5", json.replace("\"20.00\"", "\"77.00\""));

        assertThat(booked()).isEqualTo(Money.of("77.00", "EUR"));
    }

    @Test
    void aSnapshotOfAnotherRevisionIsDropped() {
        store.replaceSnapshot(IBAN, "1", "{\"balance\":\"of another shape\"}");

        assertThat(booked()).isEqualTo(Money.of("20.00", "EUR"));
    }

    @Test
    void aSnapshotThatCannotBeReadIsDropped() {
        store.replaceSnapshot(IBAN, "5", "{\"booked\":[]}");

        assertThat(booked()).isEqualTo(Money.of("20.00", "EUR"));
    }

    @Test
    void aSnapshotIsWhatTheEventsMake() {
        assertThat(json(IBAN)).isEqualTo(store.replayed(IBAN));
    }

    @Test
    void anAccountThatWasReadFromManyEventsHasASnapshotWithItsNext() {
        store.dropSnapshot(IBAN);
        assertThat(store.send(CREDIT)).isEqualTo(CreditState.CREDITED);
        assertThat(store.snapshot(IBAN)).isEmpty();

        store.send(new CaptureReservation(IBAN, RESERVE.transferId()));

        assertThat(json(IBAN)).isEqualTo(store.replayed(IBAN));
    }

    @Test
    void eventsThatWereNotStoredAreInNoSnapshot() {
        threeEventsOf(OTHER);
        store.refuseNext(TransferCredited.class);

        assertThat(store.send(credit(OTHER))).isInstanceOf(EventStoreException.class);

        assertThat(store.snapshot(OTHER)).isEmpty();
        store.send(credit(OTHER));
        assertThat(json(OTHER)).isEqualTo(store.replayed(OTHER));
        assertThat(store.events(OTHER)).hasSize(4);
    }

    @Test
    void aSnapshotThatIsNotStoredLeavesTheCommandAsItIs() {
        threeEventsOf(OTHER);
        store.refuseNext(Account.class);

        assertThat(store.send(credit(OTHER))).isEqualTo(CreditState.CREDITED);

        assertThat(store.snapshot(OTHER)).isEmpty();
        assertThat(store.send(new DepositMoney(OTHER, "deposit", TEN, "cash")))
                .isEqualTo(new AccountBalance(
                        OTHER, Money.of("40.00", "EUR"), Money.zero(TEN.currency()), Money.of("45.00", "EUR"), 4));
    }

    @Test
    void aSnapshotWithATruncatedMemoryIsDropped() {
        String json = json(IBAN);
        store.replaceSnapshot(IBAN, "5", json.replaceFirst("(\"entries\":\").{4}", "$1"));

        assertThat(booked()).isEqualTo(Money.of("20.00", "EUR"));
    }

    @Test
    void anAccountThatRemembersMuchHasItsSnapshotsFurtherApart() {
        try (AccountStore each = new AccountStore(1)) {
            each.send(OPEN);
            Set<Long> snapshots = new HashSet<>();
            for (int credit = 1; credit <= 100; credit++) {
                each.send(new CreditTransfer(IBAN, TransferId.random(), TEN, OTHER, AccountStore.NOW));
                if (credit > 50) {
                    snapshots.add(each.snapshot(IBAN).orElseThrow().getSequenceNumber());
                }
            }
            assertThat(snapshots).hasSizeBetween(5, 10);
        }
    }

    private String json(Iban account) {
        return store.snapshot(account).orElseThrow().getPayload().getData();
    }

    /** Three of the four events that make a snapshot. */
    private void threeEventsOf(Iban account) {
        store.send(new OpenAccount(account, "bob", TEN.currency(), Money.of("5.00", "EUR")));
        store.send(new DepositMoney(account, "first", TEN, "cash"));
        store.send(new DepositMoney(account, "second", TEN, "cash"));
    }

    private static CreditTransfer credit(Iban account) {
        return new CreditTransfer(account, CREDIT.transferId(), TEN, IBAN, AccountStore.NOW);
    }

    private Money booked() {
        return ((AccountBalance) store.send(DEPOSIT)).booked();
    }
}
