package florin.account.api;

import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Step 5 of a transfer, at the source: gives the reserved amount back. Answers {@link ReservationState}. */
public record ReleaseReservation(@TargetAggregateIdentifier @NotNull Iban iban, @NotNull TransferId transferId)
        implements AccountCommand {}
