package florin.account.query.web;

import florin.account.query.control.DeadLetters;
import florin.account.query.control.DeadLetters.DeadLetter;
import florin.account.query.control.ProjectionStatus;
import florin.account.query.control.Projections;
import florin.account.query.control.Replays;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The projections and their replay over HTTP. */
@RestController
@RequestMapping(produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "projections")
class ProjectionsController {

    private final Projections projections;
    private final Replays replays;
    private final DeadLetters deadLetters;

    ProjectionsController(Projections projections, Replays replays, DeadLetters deadLetters) {
        this.projections = projections;
        this.replays = replays;
        this.deadLetters = deadLetters;
    }

    @Operation(
            summary = "Where each projection stands",
            description = "building is there while a replay builds the next generation (replaying is true).")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            [{"name":"accounts","running":true,"replaying":true,"head":41,"lag":0,
                                              "deadLetters":0,"generation":0,
                                              "segments":[{"id":0,"position":41,"caughtUp":true}],
                                              "building":{"generation":1,"lag":30,"deadLetters":0,
                                               "segments":[{"id":0,"position":11,"caughtUp":false}]}}]""")))
    @GetMapping("/projections")
    List<ProjectionStatus> status() {
        return projections.status();
    }

    @Operation(
            summary = "Rebuilds a projection from the first event",
            description =
                    "Its next generation is built beside the one that is read, which is kept up to date, and takes its"
                            + " place at one moment once it has come as far; GET /projections tells when it has (replaying is"
                            + " false). It does not as long as an account waits in it at an event that the one that is read has"
                            + " projected.")
    @ApiResponse(responseCode = "202", description = "The replay has begun", content = @Content)
    @ApiResponse(responseCode = "404", description = "unknown-projection")
    @ApiResponse(responseCode = "409", description = "replay-running")
    @ApiResponse(responseCode = "503", description = "projection-unavailable")
    @PostMapping("/projections/{name}/replay")
    ResponseEntity<Void> replay(@Parameter(example = "accounts") @PathVariable("name") String name) {
        replays.begin(name);
        return ResponseEntity.accepted()
                .header(HttpHeaders.LOCATION, URI.create("/projections").toString())
                .build();
    }

    @Operation(
            summary = "Gives up a replay",
            description =
                    "What is read is not touched. 409: there is none, or it has just taken the place of the generation"
                            + " before.")
    @ApiResponse(responseCode = "204", description = "The generation that was being built is removed")
    @ApiResponse(responseCode = "404", description = "unknown-projection")
    @ApiResponse(responseCode = "409", description = "replay-not-running")
    @DeleteMapping("/projections/{name}/replay")
    ResponseEntity<Void> cancelReplay(@Parameter(example = "accounts") @PathVariable("name") String name) {
        replays.cancel(name);
        return ResponseEntity.noContent().build();
    }

    @Operation(
            summary = "The events that a projection could not handle",
            description =
                    "The first " + DeadLetters.MOST_SHOWN + " of them, with the reason. Each holds up the later events"
                            + " of its account, and nothing else; GET /projections tells how many there are.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples =
                                    @ExampleObject(
                                            """
                                            [{"generation":0,"account":"NL81FLNO0000000001","event":"MoneyDeposited","position":7,
                                              "enqueuedAt":"2026-01-31T12:00:00Z","lastTriedAt":"2026-01-31T12:00:00Z",
                                              "cause":"Event 7 of account NL81FLNO0000000001 came after event 5: one is missing"}]""")))
    @ApiResponse(responseCode = "404", description = "unknown-projection")
    @GetMapping("/projections/{name}/dead-letters")
    List<DeadLetter> deadLetters(@Parameter(example = "accounts") @PathVariable("name") String name) {
        return deadLetters.list(name);
    }

    @Operation(
            summary = "Tries the events again that a projection could not handle",
            description =
                    "Those of each account once, in their order, for at most 20 s. What fails again stays where it is.")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            examples = @ExampleObject("{\"accounts\":2,\"mended\":1,\"left\":3}")))
    @ApiResponse(responseCode = "404", description = "unknown-projection")
    @ApiResponse(responseCode = "503", description = "database-unavailable: what was being tried stays as it was")
    @PostMapping("/projections/{name}/dead-letters/retry")
    DeadLetters.Retry retryDeadLetters(@Parameter(example = "accounts") @PathVariable("name") String name) {
        return deadLetters.retry(name);
    }
}
