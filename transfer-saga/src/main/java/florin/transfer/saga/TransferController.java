package florin.transfer.saga;

import florin.account.api.AccountRefusal;
import florin.kit.IdempotentRequests;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferStatus;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Transfers over HTTP. */
@RestController
@RequestMapping("/transfers")
@Tag(name = "Transfers")
final class TransferController {

    private static final long ANSWER_SECONDS = 10;

    private final CommandGateway commands;
    private final TransferWatch watch;
    private final IdempotentRequests requests;

    TransferController(CommandGateway commands, TransferWatch watch, IdempotentRequests requests) {
        this.commands = commands;
        this.watch = watch;
        this.requests = requests;
    }

    @PostMapping
    @Operation(
            summary = "Ask for a transfer",
            description = "Safe to repeat with the same Idempotency-Key, or with the same id in the body.")
    @ApiResponse(responseCode = "202", description = "Accepted: Location shows how far it is")
    @ApiResponse(responseCode = "400", description = "The request is not valid")
    @ApiResponse(responseCode = "422", description = "Same account, or the id or key was used with other content")
    ResponseEntity<?> request(
            @Parameter(example = "5e0c1ce4") @RequestHeader(name = "Idempotency-Key", required = false) String key,
            @Valid @RequestBody TransferRequest request) {
        return requests.run(key, "POST /transfers", request, operationId -> accept(request, operationId));
    }

    @GetMapping("/{id}")
    @Operation(
            summary = "How far a transfer is",
            description = "With wait, the answer comes when the transfer is final or the time is up.")
    @ApiResponse(responseCode = "200", description = "The transfer")
    @ApiResponse(responseCode = "404", description = "There is no such transfer")
    CompletableFuture<TransferDetails> find(
            @Parameter(example = "TRF-2026-0001") @PathVariable String id,
            @Parameter(example = "5s", description = "At most 60s") @RequestParam(required = false) String wait) {
        return watch.await(new TransferId(id), Waiting.parse(wait))
                .thenApply(found -> found.orElseThrow(
                        () -> new ProblemException(ProblemType.UNKNOWN_TRANSFER, "There is no transfer " + id)));
    }

    private ResponseEntity<?> accept(TransferRequest request, String operationId) {
        TransferId id = request.id() == null ? new TransferId("TRF-" + operationId) : request.id();
        if (request.from().equals(request.to())) {
            throw new ProblemException(
                    ProblemType.SAME_ACCOUNT, "Money cannot move from " + request.from() + " to itself");
        }
        TransferStatus status = answer(commands.<TransferStatus>send(
                        new RequestTransfer(id, request.from(), request.to(), request.amount(), request.reference()))
                .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS));
        return ResponseEntity.accepted()
                .location(URI.create("/transfers/" + id))
                .body(new TransferReceipt(id, status));
    }

    private static TransferStatus answer(CompletableFuture<TransferStatus> status) {
        try {
            return status.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof CommandExecutionException refused
                    && refused.getDetails().orElse(null) instanceof AccountRefusal refusal) {
                throw new ProblemException(ProblemType.TRANSFER_CONFLICT, refusal.detail());
            }
            throw failed;
        }
    }
}
