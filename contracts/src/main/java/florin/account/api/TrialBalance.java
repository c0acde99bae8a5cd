package florin.account.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import florin.money.Money;
import java.math.BigDecimal;
import java.util.Currency;
import java.util.List;

/** Every ledger account with its sum, and the total per currency, which is always zero. */
public record TrialBalance(List<Line> lines, List<Sum> totals) {
    /** One ledger account in one currency. */
    public record Line(String account, Sum balance) {}

    /** Of any number of amounts, so that it may be beyond the range of {@link Money}, whose form in JSON it has. */
    public record Sum(BigDecimal value, Currency currency) {

        /** Of a whole number of the currency's smallest unit. */
        public static Sum ofMinorUnits(BigDecimal minorUnits, Currency currency) {
            return new Sum(minorUnits.scaleByPowerOfTen(-currency.getDefaultFractionDigits()), currency);
        }

        public static Sum of(Money money) {
            return ofMinorUnits(BigDecimal.valueOf(money.minorUnits()), money.currency());
        }

        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Sum fromJson(Money.Json json) {
            return new Sum(new BigDecimal(json.value()), Money.currency(json.currency()));
        }

        @JsonValue
        public Money.Json toJson() {
            return new Money.Json(
                    value.setScale(currency.getDefaultFractionDigits()).toPlainString(), currency.getCurrencyCode());
        }

        public BigDecimal minorUnits() {
            return value.scaleByPowerOfTen(currency.getDefaultFractionDigits());
        }

        /** Another sum of the same currency added. */
        public Sum plus(Sum other) {
            return new Sum(value.add(other.value), currency);
        }

        public boolean isZero() {
            return value.signum() == 0;
        }

        @Override
        public String toString() {
            return toJson().value() + " " + currency;
        }
    }
}
