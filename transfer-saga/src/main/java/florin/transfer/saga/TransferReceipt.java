package florin.transfer.saga;

import florin.transfer.api.TransferId;
import florin.transfer.api.TransferStatus;
import io.swagger.v3.oas.annotations.media.Schema;

/** The answer to a request for a transfer. */
record TransferReceipt(
        @Schema(implementation = String.class, example = "TRF-2026-0001") TransferId id, TransferStatus status) {}
