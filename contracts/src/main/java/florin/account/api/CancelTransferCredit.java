package florin.account.api;

import florin.transfer.api.TransferId;
import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Bars a credit that has not been booked, or answers that it stands. Answers {@link CreditState}. */
public record CancelTransferCredit(@TargetAggregateIdentifier @NotNull Iban iban, @NotNull TransferId transferId)
        implements AccountCommand {}
