package florin.transfer.api;

import florin.account.api.Iban;
import florin.account.api.PlainText;
import florin.money.Money;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Step 1: asks for a transfer; the same request again changes nothing. Answers {@link TransferStatus}. */
public record RequestTransfer(
        @TargetAggregateIdentifier @NotNull TransferId transferId,
        @NotNull Iban from,
        @NotNull Iban to,
        @NotNull Money amount,
        @NotBlank @Size(max = 140) @Pattern(regexp = PlainText.PATTERN, message = PlainText.VIOLATION) String reference)
        implements TransferCommand {
    public RequestTransfer {
        amount.requirePositive();
    }
}
