package florin.account.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Lets a blocked account do business again. Answers {@link AccountBalance}. */
public record UnblockAccount(
        @TargetAggregateIdentifier @NotNull Iban iban, @NotBlank @Size(max = 64) String operationId)
        implements AccountCommand {}
