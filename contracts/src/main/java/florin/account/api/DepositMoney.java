package florin.account.api;

import florin.money.Money;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Pays money in; an operation seen before changes nothing. Answers {@link AccountBalance}. */
public record DepositMoney(
        @TargetAggregateIdentifier @NotNull Iban iban,
        @NotBlank @Size(max = 64) String operationId,
        @NotNull Money amount,
        @NotBlank @Size(max = 140) @Pattern(regexp = PlainText.PATTERN, message = PlainText.VIOLATION) String reference)
        implements AccountCommand {
    public DepositMoney {
        amount.requirePositive();
    }
}
