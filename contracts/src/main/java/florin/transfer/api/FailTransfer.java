package florin.transfer.api;

import florin.account.api.RefusalReason;
import jakarta.validation.constraints.NotNull;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** Step 6: records that no money moved. Answers {@link TransferStatus}. */
public record FailTransfer(@TargetAggregateIdentifier @NotNull TransferId transferId, @NotNull RefusalReason reason)
        implements TransferCommand {}
