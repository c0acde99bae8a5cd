package florin.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Currency;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class MoneyTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private final JsonMapper json = JsonMapper.builder().build();

    @ParameterizedTest
    @CsvSource({
        "12.50,EUR,1250",
        "12.5,EUR,1250",
        "7,JPY,7",
        "0.001,BHD,1",
        "-3.00,EUR,-300",
        "92233720368547758.07,EUR,9223372036854775807"
    })
    void aDecimalIsHeldInTheCurrencysMinorUnits(String value, String currency, long minorUnits) {
        assertThat(Money.of(value, currency).minorUnits()).isEqualTo(minorUnits);
    }

    @ParameterizedTest
    @CsvSource({"1.001,EUR", "1.5,JPY", "0.0001,BHD"})
    void moreDecimalsThanTheCurrencyHasAreRefused(String value, String currency) {
        assertThatThrownBy(() -> Money.of(value, currency))
                .hasMessageContaining("decimals")
                .satisfies(kind(MoneyException.Kind.INVALID_AMOUNT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1e3", "1,5", "NaN", "+1", "1.", ".5", "0x1", "99999999999999999999"})
    void whatIsNotADecimalIsRefused(String value) {
        assertThatThrownBy(() -> Money.of(value, EUR)).satisfies(kind(MoneyException.Kind.INVALID_AMOUNT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"eur", "XXX", "XAU", "EURO", ""})
    void whatIsNotACurrencyThatCanBeHeldIsRefused(String currency) {
        assertThatThrownBy(() -> Money.of("1", currency)).satisfies(kind(MoneyException.Kind.UNKNOWN_CURRENCY));
    }

    @Test
    void arithmeticNeverOverflowsSilently() {
        Money most = new Money(Long.MAX_VALUE, EUR);
        assertThatThrownBy(() -> most.plus(new Money(1, EUR))).satisfies(kind(MoneyException.Kind.OVERFLOW));
        assertThatThrownBy(() -> new Money(Long.MIN_VALUE, EUR).minus(new Money(1, EUR)))
                .satisfies(kind(MoneyException.Kind.OVERFLOW));
        assertThatThrownBy(() -> new Money(Long.MIN_VALUE, EUR).negate()).satisfies(kind(MoneyException.Kind.OVERFLOW));
        assertThatThrownBy(() -> Money.of("92233720368547758.08", EUR)).satisfies(kind(MoneyException.Kind.OVERFLOW));
    }

    @Test
    void currenciesAreNeverMixed() {
        Money euro = Money.of("1", "EUR");
        Money dollar = Money.of("1", "USD");
        assertThatThrownBy(() -> euro.plus(dollar)).satisfies(kind(MoneyException.Kind.CURRENCY_MISMATCH));
        assertThatThrownBy(() -> euro.minus(dollar)).satisfies(kind(MoneyException.Kind.CURRENCY_MISMATCH));
        assertThatThrownBy(() -> euro.compareTo(dollar)).satisfies(kind(MoneyException.Kind.CURRENCY_MISMATCH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0.01"})
    void anAmountThatMovesIsAboveZero(String value) {
        assertThatThrownBy(() -> Money.of(value, EUR).requirePositive())
                .satisfies(kind(MoneyException.Kind.INVALID_AMOUNT));
    }

    @Property
    void whatIsAddedCanBeTakenAwayAgain(@ForAll int left, @ForAll int right) {
        Money sum = new Money(left, EUR).plus(new Money(right, EUR));
        assertThat(sum.minus(new Money(right, EUR))).isEqualTo(new Money(left, EUR));
    }

    @Property
    void jsonKeepsEveryAmount(@ForAll long minorUnits) {
        Money money = new Money(minorUnits, EUR);
        assertThat(json.readValue(json.writeValueAsString(money), Money.class)).isEqualTo(money);
    }

    @Test
    void jsonIsADecimalStringAndACode() {
        assertThat(json.writeValueAsString(Money.of("12.5", "EUR")))
                .isEqualTo("{\"value\":\"12.50\",\"currency\":\"EUR\"}");
    }

    private static org.assertj.core.api.ThrowingConsumer<Throwable> kind(MoneyException.Kind kind) {
        return thrown -> assertThat(((MoneyException) thrown).kind()).isEqualTo(kind);
    }
}
