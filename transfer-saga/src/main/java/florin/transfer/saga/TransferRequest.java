package florin.transfer.saga;

import florin.account.api.Iban;
import florin.account.api.PlainText;
import florin.money.Money;
import florin.transfer.api.TransferId;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/** What a client asks for; an {@code id} that it chooses makes the request safe to repeat. */
record TransferRequest(
        @Schema(implementation = String.class, example = "TRF-2026-0001") TransferId id,
        @Schema(implementation = String.class, example = "NL81FLNO0000000001") @NotNull Iban from,
        @Schema(implementation = String.class, example = "NL24FLSO0000000001") @NotNull Iban to,
        @Schema(implementation = Money.Json.class, example = "{\"value\":\"30.00\",\"currency\":\"EUR\"}") @NotNull
                Money amount,
        @Schema(example = "Rent of May")
                @NotBlank
                @Size(max = 140)
                @Pattern(regexp = PlainText.PATTERN, message = PlainText.VIOLATION)
                String reference) {}
