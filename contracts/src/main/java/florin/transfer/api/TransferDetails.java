package florin.transfer.api;

import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.money.Money;
import java.time.Instant;

/** A transfer as its view shows it; {@code reason} is null unless it failed or was cancelled. */
public record TransferDetails(
        TransferId id,
        TransferStatus status,
        String statusCode,
        RefusalReason reason,
        Iban from,
        Iban to,
        Money amount,
        String reference,
        String correlationId,
        Instant requestedAt,
        Instant updatedAt) {}
