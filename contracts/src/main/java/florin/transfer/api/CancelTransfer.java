package florin.transfer.api;

import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Asks that no money moves, if it still can be kept from moving. Answers {@link TransferStatus}. */
public record CancelTransfer(@TargetAggregateIdentifier @NotNull TransferId transferId) implements TransferCommand {}
