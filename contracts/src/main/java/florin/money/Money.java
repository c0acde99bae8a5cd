package florin.money;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import florin.money.MoneyException.Kind;
import java.math.BigDecimal;
import java.util.Currency;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * An amount of one ISO 4217 currency, in whole minor units (cents of EUR, yen of JPY, fils of BHD).
 *
 * <p>A balance may be negative; an amount that moves is made positive by {@link #requirePositive()}. The range is that of
 * a {@code long} of minor units; arithmetic that would leave it throws. In JSON: {@code
 * {"value":"12.50","currency":"EUR"}}, with at most the currency's fraction digits.
 */
public record Money(long minorUnits, Currency currency) implements Comparable<Money> {

    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,19}(\\.[0-9]{1,9})?");

    public Money {
        Objects.requireNonNull(currency, "currency");
        requireMinorUnit(currency);
    }

    private static void requireMinorUnit(Currency currency) {
        if (currency.getDefaultFractionDigits() < 0) {
            throw new MoneyException(Kind.UNKNOWN_CURRENCY, currency + " has no minor unit and cannot be held");
        }
    }

    /** The JSON form: a decimal string and an ISO 4217 code. */
    public record Json(String value, String currency) {}

    /** Parses a decimal such as {@code 12.50}; digits beyond the currency's fraction digits are refused. */
    public static Money of(String value, String currencyCode) {
        return of(value, currency(currencyCode));
    }

    public static Money of(String value, Currency currency) {
        if (value == null || !DECIMAL.matcher(value).matches()) {
            throw new MoneyException(
                    Kind.INVALID_AMOUNT, "'" + value + "' is not an amount: a decimal such as 12.50 is expected");
        }
        requireMinorUnit(currency);
        BigDecimal decimal = new BigDecimal(value);
        int fractionDigits = currency.getDefaultFractionDigits();
        if (decimal.scale() > fractionDigits) {
            throw new MoneyException(
                    Kind.INVALID_AMOUNT, value + " has more than the " + fractionDigits + " decimals of " + currency);
        }
        try {
            return new Money(decimal.movePointRight(fractionDigits).longValueExact(), currency);
        } catch (ArithmeticException outOfRange) {
            throw new MoneyException(Kind.OVERFLOW, value + " " + currency + " is out of range");
        }
    }

    /** The currency of an ISO 4217 alphabetic code in upper case. */
    @SuppressWarnings("UnusedException") // The JDK's own exception carries no message.
    public static Currency currency(String code) {
        try {
            return Currency.getInstance(Objects.requireNonNullElse(code, ""));
        } catch (IllegalArgumentException unknown) {
            throw new MoneyException(Kind.UNKNOWN_CURRENCY, "'" + code + "' is not an ISO 4217 currency code");
        }
    }

    public static Money zero(Currency currency) {
        return new Money(0, currency);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Money fromJson(Json json) {
        return of(json.value(), json.currency());
    }

    @JsonValue
    public Json toJson() {
        return new Json(value(), currency.getCurrencyCode());
    }

    /** The decimal string with all of the currency's fraction digits. */
    public String value() {
        return BigDecimal.valueOf(minorUnits, currency.getDefaultFractionDigits())
                .toPlainString();
    }

    public Money plus(Money other) {
        requireSameCurrency(other);
        try {
            return new Money(Math.addExact(minorUnits, other.minorUnits), currency);
        } catch (ArithmeticException overflow) {
            throw new MoneyException(Kind.OVERFLOW, this + " + " + other + " is out of range");
        }
    }

    public Money minus(Money other) {
        requireSameCurrency(other);
        try {
            return new Money(Math.subtractExact(minorUnits, other.minorUnits), currency);
        } catch (ArithmeticException overflow) {
            throw new MoneyException(Kind.OVERFLOW, this + " - " + other + " is out of range");
        }
    }

    public Money negate() {
        return zero(currency).minus(this);
    }

    public boolean isNegative() {
        return minorUnits < 0;
    }

    public boolean isZero() {
        return minorUnits == 0;
    }

    public boolean isLessThan(Money other) {
        return compareTo(other) < 0;
    }

    /** This amount, refused unless it is above zero. */
    public Money requirePositive() {
        if (minorUnits <= 0) {
            throw new MoneyException(Kind.INVALID_AMOUNT, this + " is not above zero");
        }
        return this;
    }

    /** This amount, refused if it is below zero. */
    public Money requireNotNegative() {
        if (minorUnits < 0) {
            throw new MoneyException(Kind.INVALID_AMOUNT, this + " is below zero");
        }
        return this;
    }

    @Override
    public int compareTo(Money other) {
        requireSameCurrency(other);
        return Long.compare(minorUnits, other.minorUnits);
    }

    private void requireSameCurrency(Money other) {
        if (!currency.equals(other.currency)) {
            throw new MoneyException(Kind.CURRENCY_MISMATCH, this + " and " + other + " are of different currencies");
        }
    }

    @Override
    public String toString() {
        return value() + " " + currency.getCurrencyCode();
    }
}
