package florin.account.command;

import florin.account.api.AccountBalance;
import florin.account.api.BlockAccount;
import florin.account.api.DepositMoney;
import florin.account.api.Iban;
import florin.account.api.UnblockAccount;
import florin.account.api.WithdrawMoney;
import florin.kit.IdempotentRequests;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.money.Money;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import java.net.URI;
import java.util.Currency;
import java.util.function.BiFunction;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The commands of a branch over HTTP. */
@RestController
@RequestMapping(path = "/accounts", produces = "application/json")
@Tag(name = "Accounts", description = "What customers of this branch can do")
class AccountController {

    private static final String KEY = "Idempotency-Key";
    private static final String KEY_MEANING =
            "1 to 255 visible characters; the same key and body have one effect, and for 24 hours get the first answer";
    private static final String IBAN = "NL81FLNO0000000001";

    private final AccountDesk desk;
    private final IdempotentRequests requests;
    private final BranchProperties branch;

    AccountController(AccountDesk desk, IdempotentRequests requests, BranchProperties branch) {
        this.desk = desk;
        this.requests = requests;
        this.branch = branch;
    }

    @PostMapping
    @Operation(summary = "Opens an account", description = "A customer has at most one account a currency here.")
    @ApiResponse(
            responseCode = "201",
            description = "The account is open",
            content = @Content(schema = @Schema(implementation = OpenedAccount.class)))
    ResponseEntity<?> open(
            @Parameter(description = KEY_MEANING) @RequestHeader(name = KEY, required = false) String key,
            @Valid @RequestBody OpenRequest request) {
        return requests.run(key, "POST /accounts", request, operationId -> {
            Currency currency = Money.currency(request.currency());
            AccountBalance balance =
                    desk.open(operationId, request.owner(), currency, request.overdraftLimitIn(currency));
            return ResponseEntity.created(URI.create("/accounts/" + balance.iban()))
                    .body(OpenedAccount.of(request.owner(), currency, balance));
        });
    }

    @PostMapping("/{iban}/deposits")
    @Operation(summary = "Pays money in")
    @ApiResponse(
            responseCode = "201",
            description = "The balances after it",
            content = @Content(schema = @Schema(implementation = AccountBalance.class)))
    ResponseEntity<?> deposit(
            @Parameter(example = IBAN) @PathVariable String iban,
            @Parameter(description = KEY_MEANING) @RequestHeader(name = KEY, required = false) String key,
            @Valid @RequestBody MoneyRequest request) {
        return run(
                key,
                iban,
                "deposits",
                request,
                (account, operationId) ->
                        desk.send(new DepositMoney(account, operationId, request.amount(), request.reference())));
    }

    @PostMapping("/{iban}/withdrawals")
    @Operation(summary = "Pays money out", description = "Refused if the available balance does not cover it.")
    @ApiResponse(
            responseCode = "201",
            description = "The balances after it",
            content = @Content(schema = @Schema(implementation = AccountBalance.class)))
    ResponseEntity<?> withdraw(
            @Parameter(example = IBAN) @PathVariable String iban,
            @Parameter(description = KEY_MEANING) @RequestHeader(name = KEY, required = false) String key,
            @Valid @RequestBody MoneyRequest request) {
        return run(
                key,
                iban,
                "withdrawals",
                request,
                (account, operationId) ->
                        desk.send(new WithdrawMoney(account, operationId, request.amount(), request.reference())));
    }

    @PostMapping("/{iban}/block")
    @Operation(
            summary = "Keeps an account from new business",
            description = "Nothing is paid in or out, and no transfer begins from it or is credited to it, until it is"
                    + " unblocked. What is reserved is captured or released as it would be.")
    @ApiResponse(
            responseCode = "201",
            description = "The account is blocked",
            content = @Content(schema = @Schema(implementation = AccountBalance.class)))
    ResponseEntity<?> block(
            @Parameter(example = IBAN) @PathVariable String iban,
            @Parameter(description = KEY_MEANING) @RequestHeader(name = KEY, required = false) String key,
            @RequestBody(required = false) EmptyRequest body) {
        return run(
                key,
                iban,
                "block",
                new EmptyRequest(),
                (account, operationId) -> desk.send(new BlockAccount(account, operationId)));
    }

    @PostMapping("/{iban}/unblock")
    @Operation(summary = "Lets a blocked account do business again")
    @ApiResponse(
            responseCode = "201",
            description = "The account is open",
            content = @Content(schema = @Schema(implementation = AccountBalance.class)))
    ResponseEntity<?> unblock(
            @Parameter(example = IBAN) @PathVariable String iban,
            @Parameter(description = KEY_MEANING) @RequestHeader(name = KEY, required = false) String key,
            @RequestBody(required = false) EmptyRequest body) {
        return run(
                key,
                iban,
                "unblock",
                new EmptyRequest(),
                (account, operationId) -> desk.send(new UnblockAccount(account, operationId)));
    }

    @PostMapping("/{iban}/closure")
    @Operation(summary = "Closes an account", description = "Refused unless it is empty and nothing is reserved.")
    @ApiResponse(
            responseCode = "201",
            description = "The account is closed",
            content = @Content(schema = @Schema(implementation = AccountBalance.class)))
    ResponseEntity<?> close(
            @Parameter(example = IBAN) @PathVariable String iban,
            @Parameter(description = KEY_MEANING) @RequestHeader(name = KEY, required = false) String key,
            @RequestBody(required = false) EmptyRequest body) {
        return run(key, iban, "closure", new EmptyRequest(), desk::close);
    }

    private ResponseEntity<?> run(
            String key, String path, String what, Object request, BiFunction<Iban, String, AccountBalance> command) {
        Iban iban = new Iban(path);
        if (!iban.branch().equals(branch.branch())) {
            throw new ProblemException(
                            ProblemType.ACCOUNT_AT_OTHER_BRANCH,
                            iban + " is held at branch " + iban.branch() + ", this is branch " + branch.branch())
                    .with("branch", iban.branch());
        }
        return requests.run(
                key,
                "POST /accounts/" + iban + "/" + what,
                request,
                operationId -> ResponseEntity.status(HttpStatus.CREATED).body(command.apply(iban, operationId)),
                operationId -> desk.bar(iban, operationId));
    }
}
