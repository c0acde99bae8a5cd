package florin.account.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Closes an account that is empty and has no reservation. Answers {@link AccountBalance}. */
public record CloseAccount(@TargetAggregateIdentifier @NotNull Iban iban, @NotBlank @Size(max = 64) String operationId)
        implements AccountCommand {}
