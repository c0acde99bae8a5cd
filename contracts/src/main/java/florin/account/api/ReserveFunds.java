package florin.account.api;

import florin.money.Money;
import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * Step 2 of a transfer, at the source: sets the amount aside. Answers {@link ReservationState}.
 *
 * @param requestedAt when the transfer was requested: an account that may have forgotten it since then does not guess
 */
public record ReserveFunds(
        @TargetAggregateIdentifier @NotNull Iban iban,
        @NotNull TransferId transferId,
        @NotNull Money amount,
        @NotNull Iban creditor,
        @NotNull Instant requestedAt)
        implements AccountCommand {
    public ReserveFunds {
        amount.requirePositive();
    }
}
