package florin.transfer.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * Records that a step has been tried often enough: an operator has to look. Answers {@link TransferStatus}.
 *
 * @param since the position of the event that let the transfer go on last, for all that its sender knows: its request, a
 *     cancellation or a resumption. Once a later one has let it go on, this changes nothing, however late it comes. Null in
 *     versions of before, whose commands are not told apart so
 */
public record ParkTransfer(
        @TargetAggregateIdentifier @NotNull TransferId transferId,
        @NotNull TransferStep step,
        @NotBlank @Size(max = 500) String reason,
        Long since)
        implements TransferCommand {}
