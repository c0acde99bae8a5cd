package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Step 2 of a transfer, at the source: sets the amount aside. Answers {@link ReservationState}. */
public record ReserveFunds(
        @TargetAggregateIdentifier @NotNull Iban iban,
        @NotNull TransferId transferId,
        @NotNull Money amount,
        @NotNull Iban creditor)
        implements AccountCommand {
    public ReserveFunds {
        amount.requirePositive();
    }
}
