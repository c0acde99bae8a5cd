package florin.account.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * Keeps an operation that was refused from being done by an earlier attempt that comes late. Answers whether it is barred: false if
 * it has been done.
 */
public record BarOperation(@TargetAggregateIdentifier @NotNull Iban iban, @NotBlank @Size(max = 64) String operationId)
        implements AccountCommand {}
