package florin.transfer.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Records that a step has been tried often enough: an operator has to look. Answers {@link TransferStatus}. */
public record ParkTransfer(
        @TargetAggregateIdentifier @NotNull TransferId transferId,
        @NotNull TransferStep step,
        @NotBlank @Size(max = 500) String reason)
        implements TransferCommand {}
