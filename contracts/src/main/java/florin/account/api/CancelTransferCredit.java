package florin.account.api;

import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * Bars a credit that has not been booked, or answers that it stands. Answers {@link CreditState}.
 *
 * @param requestedAt when the transfer was requested: an account that may have forgotten it since then does not guess
 */
public record CancelTransferCredit(
        @TargetAggregateIdentifier @NotNull Iban iban, @NotNull TransferId transferId, @NotNull Instant requestedAt)
        implements AccountCommand {}
