package florin.account.command;

import florin.account.api.PlainText;
import florin.money.Money;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Currency;

/** The body that opens an account; without an overdraft limit there is none. */
@Schema(
        example =
                """
                {"owner": "alice", "currency": "EUR", "overdraftLimit": {"value": "0.00", "currency": "EUR"}}""")
record OpenRequest(
        @NotBlank @Size(max = 140) @Pattern(regexp = PlainText.PATTERN, message = PlainText.VIOLATION) String owner,
        @NotNull String currency,
        Money overdraftLimit) {

    Money overdraftLimitIn(Currency accountCurrency) {
        // Adding checks the currency.
        return overdraftLimit == null
                ? Money.zero(accountCurrency)
                : Money.zero(accountCurrency).plus(overdraftLimit).requireNotNegative();
    }
}
