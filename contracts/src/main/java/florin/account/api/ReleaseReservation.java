package florin.account.api;

import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * Step 5 of a transfer, at the source: gives the reserved amount back. Answers {@link ReservationState}.
 *
 * @param requestedAt when the transfer was requested: an account that may have forgotten it since then does not guess
 */
public record ReleaseReservation(
        @TargetAggregateIdentifier @NotNull Iban iban, @NotNull TransferId transferId, @NotNull Instant requestedAt)
        implements AccountCommand {}
