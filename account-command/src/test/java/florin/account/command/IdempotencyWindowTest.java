package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.account.api.CancelTransferCredit;
import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationState;
import florin.account.api.ReserveFunds;
import florin.money.Money;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferLife;
import java.time.Duration;
import java.time.Instant;
import java.util.Currency;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** At the edge of what an account remembers: what it still knows has one effect, what it cannot know has none. */
class IdempotencyWindowTest {

    private static final Iban IBAN = Iban.of("FLNO", 1);
    private static final Iban OTHER = Iban.of("FLSO", 2);
    private static final Money CENT = Money.of("0.01", "EUR");
    private static final int MOST = 5;

    private final AccountStore store = new AccountStore(4, new IdempotencyWindow(Duration.ofDays(2), 1, MOST));
    private final Instant start = Instant.now();

    @BeforeEach
    void anAccountThatMayBeOverdrawn() {
        store.send(new OpenAccount(IBAN, "alice", Currency.getInstance("EUR"), Money.of("100.00", "EUR")));
    }

    @AfterEach
    void stop() {
        store.close();
    }

    private CreditTransfer credit(int number, Instant requestedAt) {
        return new CreditTransfer(IBAN, new TransferId("TRF-" + number), CENT, OTHER, requestedAt);
    }

    private void creditAll(int last) {
        for (int number = 0; number <= last; number++) {
            assertThat(store.send(credit(number, Instant.now().plus(Memory.CLOCK_TOLERANCE.multipliedBy(2)))))
                    .isEqualTo(CreditState.CREDITED);
        }
    }

    private void hasNoEffect(Object answer, int events) {
        assertThat(answer).isInstanceOf(Exception.class);
        assertThat((Exception) answer).hasMessageContaining("cannot be told");
        assertThat(store.events(IBAN)).hasSize(events);
    }

    @Test
    void theOldestThatIsRememberedIsAnsweredAsBefore() {
        creditAll(MOST - 1);

        assertThat(store.send(credit(0, start))).isEqualTo(CreditState.CREDITED);
        assertThat(store.events(IBAN)).hasSize(1 + MOST);
    }

    @Test
    void aCreditThatIsForgottenIsNotBookedAgain() {
        creditAll(MOST);

        hasNoEffect(store.send(credit(0, start)), 2 + MOST);
    }

    @Test
    void aCreditThatIsForgottenIsNotCancelled() {
        creditAll(MOST);

        hasNoEffect(store.send(new CancelTransferCredit(IBAN, new TransferId("TRF-0"), start)), 2 + MOST);
    }

    @Test
    void aTransferThatWasAskedForLaterIsNewForCertain() {
        creditAll(MOST);

        creditAll(MOST + 1);
        assertThat(store.send(credit(77, Instant.now().plusSeconds(60)))).isEqualTo(CreditState.CREDITED);
    }

    @Test
    void whatTheAccountReleasedAndForgotIsNeitherReservedNorBarredAgain() {
        Instant later = start.plusSeconds(60);
        for (int number = 0; number <= MOST; number++) {
            TransferId id = new TransferId("TRF-" + number);
            assertThat(store.send(new ReserveFunds(IBAN, id, CENT, OTHER, later)))
                    .isEqualTo(ReservationState.RESERVED);
            assertThat(store.send(new ReleaseReservation(IBAN, id, later))).isEqualTo(ReservationState.RELEASED);
        }
        int events = store.events(IBAN).size();

        hasNoEffect(store.send(new ReserveFunds(IBAN, new TransferId("TRF-0"), CENT, OTHER, start)), events);
        hasNoEffect(store.send(new ReleaseReservation(IBAN, new TransferId("TRF-0"), start)), events);
    }

    @Test
    void aReservationThatStandsIsNeverForgotten() {
        TransferId open = new TransferId("TRF-open");
        store.send(new ReserveFunds(IBAN, open, CENT, OTHER, start));
        Instant later = start.plusSeconds(60);
        for (int number = 0; number <= 2 * MOST; number++) {
            store.send(new ReleaseReservation(IBAN, new TransferId("TRF-" + number), later));
        }

        assertThat(store.send(new ReleaseReservation(IBAN, open, start))).isEqualTo(ReservationState.RELEASED);
    }

    @Test
    void thirtyDaysAndTenThousandAreRememberedUpToAHundredThousand() {
        IdempotencyWindow defaults = new Binder(new MapConfigurationPropertySource(Map.of()))
                .bindOrCreate("florin.account.memory", IdempotencyWindow.class);

        assertThat(defaults).isEqualTo(AccountStore.WINDOW);
    }

    @Test
    void theShortestIsTwiceTheLongestTimeLimitOfATransfer() {
        Duration shortest = TransferLife.LONGEST_TIME_LIMIT.multipliedBy(2);

        assertThat(new IdempotencyWindow(shortest, 1, 1).retention()).isEqualTo(shortest);
        assertThatThrownBy(() -> new IdempotencyWindow(shortest.minusNanos(1), 1, 1))
                .hasMessageContaining("florin.account.memory.retention");
        assertThatThrownBy(() -> new IdempotencyWindow(Duration.ofDays(365).plusNanos(1), 1, 1))
                .hasMessageContaining("florin.account.memory.retention");
    }

    @ParameterizedTest
    @CsvSource({"0,1", "2,1", "1,500001"})
    void theNumbersAreInOrderAndBounded(int kept, int most) {
        assertThatThrownBy(() -> new IdempotencyWindow(Duration.ofDays(2), kept, most))
                .hasMessageContaining("kept");
        assertThat(new IdempotencyWindow(Duration.ofDays(365), 500_000, 500_000).most())
                .isEqualTo(500_000);
    }
}
