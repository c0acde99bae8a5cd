package florin.account.query.web;

import florin.account.api.AccountDetails;
import florin.account.api.AccountPage;
import florin.account.api.AccountStatus;
import florin.account.api.EntryPage;
import florin.account.api.FindAccount;
import florin.account.api.FindAccounts;
import florin.account.api.FindEntries;
import florin.account.api.FindTrialBalance;
import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.account.api.TrialBalance;
import florin.account.query.EntryCursor;
import florin.account.query.stream.EntryStreams;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.axonframework.messaging.responsetypes.ResponseType;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Accounts, their entries and the trial balance over HTTP. */
@RestController
@RequestMapping(produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "accounts")
class AccountsController {

    private static final int MAX_OWNER_LENGTH = 140;
    private static final int MAX_LIMIT = 500;
    private static final long QUERY_TIMEOUT_SECONDS = 10;
    private static final Pattern POSITION = Pattern.compile("[0-9]{1,18}");

    private final QueryGateway queries;
    private final EntryStreams streams;

    AccountsController(QueryGateway queries, EntryStreams streams) {
        this.queries = queries;
        this.streams = streams;
    }

    @Operation(
            summary = "One account",
            description = "available = booked - reserved + overdraft limit. position is the sequence number of the last"
                    + " event of the account that is in these figures, the number that a command answered with.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            {"iban":"NL81FLNO0000000001","owner":"alice","currency":"EUR",
                                             "booked":{"value":"100.00","currency":"EUR"},
                                             "reserved":{"value":"30.00","currency":"EUR"},
                                             "available":{"value":"70.00","currency":"EUR"},
                                             "status":"OPEN","position":2}""")))
    @ApiResponse(responseCode = "400", description = "invalid-iban")
    @ApiResponse(responseCode = "404", description = "unknown-account")
    @GetMapping("/accounts/{iban}")
    AccountDetails account(@Parameter(example = "NL81FLNO0000000001") @PathVariable("iban") String iban) {
        return find(new Iban(iban)).orElseThrow(() -> unknown(iban));
    }

    @Operation(
            summary = "The accounts of one owner, by IBAN",
            description = "next is the cursor of the next page, given as after; it is absent on the last page.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            {"accounts":[{"iban":"NL81FLNO0000000001","owner":"alice","currency":"EUR",
                                              "booked":{"value":"100.00","currency":"EUR"},
                                              "reserved":{"value":"0.00","currency":"EUR"},
                                              "available":{"value":"100.00","currency":"EUR"},
                                              "status":"OPEN","position":1}]}""")))
    @ApiResponse(responseCode = "400", description = "invalid-request or invalid-iban")
    @GetMapping("/accounts")
    AccountPage accounts(
            @Parameter(example = "alice") @RequestParam("owner") String owner,
            @Parameter(description = "Only those that are open, blocked or closed")
                    @RequestParam(name = "status", required = false)
                    AccountStatus status,
            @Parameter(description = "1 to 500") @RequestParam(name = "limit", defaultValue = "50") int limit,
            @Parameter(description = "The next of the page before") @RequestParam(name = "after", required = false)
                    String after) {
        if (owner.isBlank()
                || owner.length() > MAX_OWNER_LENGTH
                || owner.chars().anyMatch(character -> character < ' ' || character == 0x7f)) {
            throw new ProblemException(
                    ProblemType.INVALID_REQUEST,
                    "owner must have 1 to " + MAX_OWNER_LENGTH + " characters, and no control characters");
        }
        requireLimit(limit);
        FindAccounts query = new FindAccounts(owner, status, after == null ? null : new Iban(after), limit);
        return ask(query, ResponseTypes.instanceOf(AccountPage.class));
    }

    @Operation(
            summary = "The entries of one account, oldest first",
            description = "A positive amount credits the account, a negative one debits it. next is the cursor of the"
                    + " next page, given as after; it is absent on the last page. New entries only come at the end.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            {"entries":[{"id":"NL81FLNO0000000001-1-C","account":"NL81FLNO0000000001",
                                              "amount":{"value":"100.00","currency":"EUR"},"kind":"DEPOSIT",
                                              "reference":"salary","bookedAt":"2026-01-02T03:04:05Z","position":1}]}""")))
    @ApiResponse(responseCode = "404", description = "unknown-account")
    @GetMapping("/accounts/{iban}/entries")
    EntryPage entries(
            @Parameter(example = "NL81FLNO0000000001") @PathVariable("iban") String iban,
            @Parameter(description = "1 to 500") @RequestParam(name = "limit", defaultValue = "50") int limit,
            @Parameter(description = "The next of the page before") @RequestParam(name = "after", required = false)
                    String after) {
        Iban account = new Iban(iban);
        requireLimit(limit);
        if (EntryCursor.parse(after).isEmpty()) {
            throw new ProblemException(ProblemType.INVALID_REQUEST, "after must be the next of a page before");
        }
        EntryPage page = ask(new FindEntries(account, after, limit), ResponseTypes.instanceOf(EntryPage.class));
        if (page.entries().isEmpty() && find(account).isEmpty()) {
            throw unknown(iban);
        }
        return page;
    }

    @Operation(
            summary = "The entries of one account as they come, as server-sent events",
            description =
                    "Each entry once, in the order of their positions: id is its position, event is entry, data is"
                            + " the entry as GET /accounts/{iban}/entries shows it. A client that comes again with the"
                            + " Last-Event-ID of what it has seen, at any instance, is sent all after that. Without"
                            + " Last-Event-ID and after it is sent what comes into the read model from its request on; an event"
                            + " without data tells it at once from which id on that is. A comment is sent when nothing else was"
                            + " for 15 s.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.TEXT_EVENT_STREAM_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            id: 0

                                            id: 1
                                            event: entry
                                            data: {"id":"NL81FLNO0000000001-1-C","account":"NL81FLNO0000000001",…}

                                            """)))
    @ApiResponse(responseCode = "400", description = "invalid-request or invalid-iban")
    @ApiResponse(responseCode = "404", description = "unknown-account")
    @ApiResponse(responseCode = "503", description = "too-many-streams")
    @GetMapping(path = "/accounts/{iban}/entries/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void stream(
            @Parameter(example = "NL81FLNO0000000001") @PathVariable("iban") String iban,
            @Parameter(description = "The id of the last event that was seen; goes before after")
                    @RequestHeader(name = "Last-Event-ID", defaultValue = "")
                    String lastEventId,
            @Parameter(description = "A position, as that of the last entry of a page; 0 for all entries")
                    @RequestParam(name = "after", required = false)
                    String after,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Iban account = new Iban(iban);
        String seen = lastEventId.isEmpty() ? after : lastEventId;
        OptionalLong asked = seen == null ? OptionalLong.empty() : OptionalLong.of(position(seen));
        OptionalLong last = streams.lastPosition(account);
        if (last.isEmpty() && find(account).isEmpty()) {
            throw unknown(iban);
        }
        streams.open(account, asked.orElse(last.orElse(0)), request, response);
    }

    private static long position(String text) {
        if (!POSITION.matcher(text).matches()) {
            throw new ProblemException(
                    ProblemType.INVALID_REQUEST, "Last-Event-ID and after must be the position of an entry, or 0");
        }
        return Long.parseLong(text);
    }

    @Operation(
            summary = "The sums of all ledger accounts at one instant",
            description = "The customers of a branch are one line. totals are zero in every currency, always. The"
                    + " clearing accounts together hold minus the amount of the transfers that are credited at their"
                    + " target and not yet captured at their source.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            {"lines":[
                                              {"account":"CASH:FLNO","balance":{"value":"-100.00","currency":"EUR"}},
                                              {"account":"CLEARING:FLNO","balance":{"value":"30.00","currency":"EUR"}},
                                              {"account":"CLEARING:FLSO","balance":{"value":"-30.00","currency":"EUR"}},
                                              {"account":"CUSTOMERS:FLNO","balance":{"value":"70.00","currency":"EUR"}},
                                              {"account":"CUSTOMERS:FLSO","balance":{"value":"30.00","currency":"EUR"}}],
                                             "totals":[{"value":"0.00","currency":"EUR"}]}""")))
    @GetMapping("/trial-balance")
    TrialBalance trialBalance() {
        return ask(new FindTrialBalance(), ResponseTypes.instanceOf(TrialBalance.class));
    }

    private Optional<AccountDetails> find(Iban iban) {
        return ask(new FindAccount(iban), ResponseTypes.optionalInstanceOf(AccountDetails.class));
    }

    private static void requireLimit(int limit) {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new ProblemException(ProblemType.INVALID_REQUEST, "limit must be from 1 to " + MAX_LIMIT);
        }
    }

    private static ProblemException unknown(String iban) {
        return new ProblemException(ProblemType.UNKNOWN_ACCOUNT, "There is no account " + iban)
                .with("reason", RefusalReason.AC01.name());
    }

    private <R> R ask(Object query, ResponseType<R> answer) {
        CompletableFuture<R> asked = queries.query(query, answer);
        return asked.orTimeout(QUERY_TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }
}
