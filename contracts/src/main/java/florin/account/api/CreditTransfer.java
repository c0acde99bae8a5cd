package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * Step 3 of a transfer, at the target: books the amount. Answers {@link CreditState}.
 *
 * @param requestedAt when the transfer was requested: an account that may have forgotten it since then does not guess
 */
public record CreditTransfer(
        @TargetAggregateIdentifier @NotNull Iban iban,
        @NotNull TransferId transferId,
        @NotNull Money amount,
        @NotNull Iban debtor,
        @NotNull Instant requestedAt)
        implements AccountCommand {
    public CreditTransfer {
        amount.requirePositive();
    }
}
