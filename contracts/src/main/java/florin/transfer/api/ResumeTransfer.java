package florin.transfer.api;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/**
 * An operator lets a parked transfer go on. Answers {@link TransferStatus}.
 *
 * @param operationId a repetition of one of the last 100 operations changes nothing; null: not to be repeated
 */
public record ResumeTransfer(
        @TargetAggregateIdentifier @NotNull TransferId transferId, @Size(min = 1, max = 64) String operationId)
        implements TransferCommand {}
