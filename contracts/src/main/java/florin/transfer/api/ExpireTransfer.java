package florin.transfer.api;

import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Tells that the time of a transfer is up. Answers {@link TransferStatus}. */
public record ExpireTransfer(@TargetAggregateIdentifier @NotNull TransferId transferId) implements TransferCommand {}
