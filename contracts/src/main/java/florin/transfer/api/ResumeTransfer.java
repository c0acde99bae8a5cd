package florin.transfer.api;

import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** An operator lets a parked transfer go on. Answers {@link TransferStatus}. */
public record ResumeTransfer(@TargetAggregateIdentifier @NotNull TransferId transferId) implements TransferCommand {}
