package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Step 3 of a transfer, at the target: books the amount. Answers {@link CreditState}. */
public record CreditTransfer(
        @TargetAggregateIdentifier @NotNull Iban iban,
        @NotNull TransferId transferId,
        @NotNull Money amount,
        @NotNull Iban debtor)
        implements AccountCommand {
    public CreditTransfer {
        amount.requirePositive();
    }
}
