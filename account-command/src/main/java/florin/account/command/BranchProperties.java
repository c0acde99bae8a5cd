package florin.account.command;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/** Which branch this process is: {@code florin.branch} is the bank code in the IBANs of its accounts. */
@Validated
@ConfigurationProperties("florin")
record BranchProperties(@NotNull @Pattern(regexp = "[A-Z]{4}") String branch) {}
