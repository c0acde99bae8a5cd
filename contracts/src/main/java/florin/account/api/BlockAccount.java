package florin.account.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Keeps an account from new business until it is unblocked. Answers {@link AccountBalance}. */
public record BlockAccount(@TargetAggregateIdentifier @NotNull Iban iban, @NotBlank @Size(max = 64) String operationId)
        implements AccountCommand {}
