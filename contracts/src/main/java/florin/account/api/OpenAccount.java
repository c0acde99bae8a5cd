package florin.account.api;

import florin.money.Money;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.Currency;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Opens an account; the same command again changes nothing. Answers {@link AccountBalance}. */
public record OpenAccount(
        @TargetAggregateIdentifier @NotNull Iban iban,
        @NotBlank @Size(max = 140) @Pattern(regexp = PlainText.PATTERN, message = PlainText.VIOLATION) String owner,
        @NotNull Currency currency,
        @NotNull Money overdraftLimit)
        implements AccountCommand {}
