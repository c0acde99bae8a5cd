package florin.account.api;

import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Step 4 of a transfer, at the source: turns the reservation into a debit. Answers {@link ReservationState}. */
public record CaptureReservation(@TargetAggregateIdentifier @NotNull Iban iban, @NotNull TransferId transferId)
        implements AccountCommand {}
