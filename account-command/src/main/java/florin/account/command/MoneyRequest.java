package florin.account.command;

import florin.account.api.PlainText;
import florin.money.Money;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/** The body that pays money in or out. */
@Schema(
        example =
                """
                {"amount": {"value": "100.00", "currency": "EUR"}, "reference": "cash at the counter"}""")
record MoneyRequest(
        @NotNull Money amount,
        @NotBlank @Size(max = 140) @Pattern(regexp = PlainText.PATTERN, message = PlainText.VIOLATION)
                String reference) {}
