package florin.transfer.api;

import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Records that the source was debited and the target credited. Answers {@link TransferStatus}. */
public record CompleteTransfer(@TargetAggregateIdentifier @NotNull TransferId transferId) implements TransferCommand {}
