package florin.transfer.saga;

import florin.account.api.Iban;
import florin.kit.IdempotentRequests;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.transfer.api.CancelTransfer;
import florin.transfer.api.FindTransferTimeline;
import florin.transfer.api.FindTransfers;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.ResumeTransfer;
import florin.transfer.api.TransferCommand;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferPage;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferTimeline;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.MediaType;
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
@RequestMapping(path = "/transfers", produces = "application/json")
@Tag(name = "Transfers")
final class TransferController {

    private static final long ANSWER_SECONDS = 10;
    private static final String PATH = "/transfers/";

    /**
     * Half of the threads are for requests that wait; further ones give theirs back. To go on with another thread costs more
     * than to keep one.
     */
    private final Semaphore waitingHere;

    private final CommandGateway commands;
    private final TransferWatch watch;
    private final IdempotentRequests requests;
    private final QueryGateway queries;

    TransferController(
            CommandGateway commands,
            QueryGateway queries,
            TransferWatch watch,
            IdempotentRequests requests,
            @Value("${server.tomcat.threads.max}") int threads) {
        this.commands = commands;
        this.queries = queries;
        this.watch = watch;
        this.requests = requests;
        this.waitingHere = new Semaphore(threads / 2);
    }

    @PostMapping
    @Operation(
            summary = "Ask for a transfer",
            description =
                    "Safe to repeat with the same Idempotency-Key, or with the same id in the body. With Prefer: wait=30"
                            + " (seconds, at most 60) the answer comes when the transfer is final or the time is up.")
    @ApiResponse(
            responseCode = "200",
            description = "The transfer, final within the time of Prefer: wait",
            content = @Content(schema = @Schema(implementation = TransferDetails.class)))
    @ApiResponse(
            responseCode = "202",
            description = "Accepted: Location shows how far it is",
            content = @Content(schema = @Schema(implementation = TransferReceipt.class)))
    @ApiResponse(responseCode = "400", description = "The request is not valid")
    @ApiResponse(responseCode = "422", description = "Same account, or the id or key was used with other content")
    @SuppressWarnings("FutureReturnValueIgnored") // Spring answers when it is done.
    Object request(
            @Parameter(example = "5e0c1ce4") @RequestHeader(name = "Idempotency-Key", required = false) String key,
            @Parameter(example = "wait=30") @RequestHeader(name = "Prefer", required = false) String preferences,
            @Valid @RequestBody TransferRequest request) {
        ResponseEntity<?> accepted =
                requests.run(key, "POST /transfers", request, operationId -> accept(request, operationId));
        Optional<Duration> wait = Waiting.preferred(preferences);
        URI location = accepted.getHeaders().getLocation();
        if (wait.isEmpty() || location == null) {
            return accepted;
        }
        TransferId id = new TransferId(location.getPath().substring(PATH.length()));
        // Not under a key: its answer was kept meanwhile, which may have taken longer than the transfer.
        boolean isOpen = key == null
                && accepted.getBody() instanceof TransferReceipt receipt
                && receipt.status() == TransferStatus.RECEIVED;
        // It is accepted whether or not its outcome can be seen now.
        CompletableFuture<ResponseEntity<?>> answer = watch.awaitAccepted(id, wait.get(), isOpen)
                .exceptionally(away -> Optional.empty())
                .thenApply(found -> answer(found, wait.get(), accepted));
        if (!waitingHere.tryAcquire()) {
            return answer;
        }
        try {
            return answer.join();
        } finally {
            waitingHere.release();
        }
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
                .thenApply(found -> found.orElseThrow(() -> unknown(id)));
    }

    @GetMapping("/{id}/timeline")
    @Operation(
            summary = "What happened to a transfer",
            description = "Each event with its time, the service that recorded it, which attempt at its step led to it"
                    + " (absent where the event is no outcome of a step), its position in its stream and its"
                    + " correlation id; oldest first.")
    @ApiResponse(responseCode = "200", description = "The steps, at most 500")
    @ApiResponse(responseCode = "404", description = "There is no such transfer")
    CompletableFuture<TransferTimeline> timeline(@Parameter(example = "TRF-2026-0001") @PathVariable String id) {
        return queries.query(
                        new FindTransferTimeline(new TransferId(id)), ResponseTypes.instanceOf(TransferTimeline.class))
                .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS)
                .thenApply(timeline -> Optional.ofNullable(timeline).orElseThrow(() -> unknown(id)));
    }

    @GetMapping
    @Operation(
            summary = "Transfers, newest first",
            description = "next is the cursor of the next page, given as after; it is absent on the last page.")
    @ApiResponse(responseCode = "200", description = "Some transfers")
    @ApiResponse(responseCode = "400", description = "A filter, the limit or the cursor is not valid")
    CompletableFuture<TransferPage> list(
            @RequestParam(required = false) TransferStatus status,
            @Parameter(description = "The IBAN of the source or the target", schema = @Schema(type = "string"))
                    @RequestParam(required = false)
                    String account,
            @Parameter(description = "Requested then or later", example = "2026-05-01T00:00:00Z")
                    @RequestParam(required = false)
                    Instant from,
            @Parameter(description = "Requested before then", example = "2026-06-01T00:00:00Z")
                    @RequestParam(required = false)
                    Instant to,
            @Parameter(description = "1 to 500") @RequestParam(defaultValue = "50") int limit,
            @Parameter(description = "The next of the page before") @RequestParam(required = false) String after) {
        if (limit < 1 || limit > TransferList.MOST) {
            throw new ProblemException(ProblemType.INVALID_REQUEST, "limit must be from 1 to " + TransferList.MOST);
        }
        if (after != null && TransferCursor.parse(after).isEmpty()) {
            throw new ProblemException(ProblemType.INVALID_REQUEST, "after must be the next of a page before");
        }
        if (Stream.of(from, to).anyMatch(time -> time != null && !TransferCursor.isPossible(time))) {
            throw new ProblemException(ProblemType.INVALID_REQUEST, "from and to must be of the years 0001 to 9999");
        }
        Iban iban = account == null ? null : new Iban(account);
        return queries.query(
                        new FindTransfers(status, iban, from, to, after, limit),
                        ResponseTypes.instanceOf(TransferPage.class))
                .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    @PostMapping("/{id}/cancel")
    @Operation(
            summary = "Cancel a transfer",
            description =
                    "Accepted while the transfer is not final; whether it was in time, GET tells: the transfer ends"
                            + " CANCELLED, or COMPLETED if the target had been credited. Again, it changes nothing: only a"
                            + " retry lets a parked transfer go on.")
    @ApiResponse(
            responseCode = "202",
            description = "Accepted: Location shows the outcome",
            content = @Content(schema = @Schema(implementation = TransferReceipt.class)))
    @ApiResponse(responseCode = "404", description = "There is no such transfer")
    @ApiResponse(responseCode = "409", description = "transfer-final: it has completed or failed")
    ResponseEntity<?> cancel(
            @RequestHeader(name = "Idempotency-Key", required = false) String key,
            @Parameter(example = "TRF-2026-0001") @PathVariable String id) {
        return tell(key, id, "cancel", operationId -> new CancelTransfer(new TransferId(id)));
    }

    @PostMapping("/{id}/retry")
    @Operation(summary = "Let a parked transfer go on", description = "For operators.")
    @ApiResponse(
            responseCode = "202",
            description = "Accepted: Location shows how far it is",
            content = @Content(schema = @Schema(implementation = TransferReceipt.class)))
    @ApiResponse(responseCode = "404", description = "There is no such transfer")
    @ApiResponse(responseCode = "409", description = "transfer-not-parked, or transfer-final")
    ResponseEntity<?> retry(
            @RequestHeader(name = "Idempotency-Key", required = false) String key,
            @Parameter(example = "TRF-2026-0001") @PathVariable String id) {
        return tell(key, id, "retry", operationId -> new ResumeTransfer(new TransferId(id), operationId));
    }

    private ResponseEntity<?> tell(String key, String id, String what, Function<String, TransferCommand> command) {
        return requests.run(
                key, "POST /transfers/" + id + "/" + what, "", operationId -> accepted(command.apply(operationId)));
    }

    private ResponseEntity<?> accept(TransferRequest request, String operationId) {
        TransferId id = request.id() == null ? new TransferId("TRF-" + operationId) : request.id();
        if (request.from().equals(request.to())) {
            throw new ProblemException(
                    ProblemType.SAME_ACCOUNT, "Money cannot move from " + request.from() + " to itself");
        }
        return accepted(new RequestTransfer(id, request.from(), request.to(), request.amount(), request.reference()));
    }

    /** The transfer if it is final, or that it was accepted. */
    private static ResponseEntity<?> answer(
            Optional<TransferDetails> found, Duration wait, ResponseEntity<?> accepted) {
        return found.filter(transfer -> transfer.status().isFinal())
                .<ResponseEntity<?>>map(transfer -> ResponseEntity.ok()
                        .headers(accepted.getHeaders())
                        .header("Preference-Applied", "wait=" + wait.toSeconds())
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(transfer))
                .orElse(accepted);
    }

    private ResponseEntity<?> accepted(TransferCommand command) {
        TransferStatus status = commands.<TransferStatus>send(command)
                .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS)
                .join();
        return ResponseEntity.accepted()
                .location(URI.create(PATH + command.transferId()))
                .body(new TransferReceipt(command.transferId(), status));
    }

    private static ProblemException unknown(String id) {
        return new ProblemException(ProblemType.UNKNOWN_TRANSFER, "There is no transfer " + id);
    }
}
