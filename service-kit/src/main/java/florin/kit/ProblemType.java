package florin.kit;

import java.net.URI;
import java.util.Locale;
import org.springframework.http.HttpStatus;

/** The stable problem types of Florin (RFC 9457); docs/errors.md explains each. */
public enum ProblemType {
    MALFORMED_JSON(HttpStatus.BAD_REQUEST, "The body is not JSON"),
    UNKNOWN_FIELD(HttpStatus.BAD_REQUEST, "The body has a field that is not known"),
    INVALID_REQUEST(HttpStatus.BAD_REQUEST, "The request is not valid"),
    INVALID_AMOUNT(HttpStatus.BAD_REQUEST, "The amount is not valid"),
    UNKNOWN_CURRENCY(HttpStatus.BAD_REQUEST, "The currency is not known"),
    INVALID_IBAN(HttpStatus.BAD_REQUEST, "The IBAN is not valid"),
    INVALID_TRANSFER_ID(HttpStatus.BAD_REQUEST, "The transfer id is not valid"),
    INVALID_IDEMPOTENCY_KEY(HttpStatus.BAD_REQUEST, "The Idempotency-Key is not valid"),
    NOT_FOUND(HttpStatus.NOT_FOUND, "There is nothing here"),
    UNKNOWN_ACCOUNT(HttpStatus.NOT_FOUND, "There is no such account"),
    ACCOUNT_AT_OTHER_BRANCH(HttpStatus.NOT_FOUND, "The account is held at another branch"),
    UNKNOWN_TRANSFER(HttpStatus.NOT_FOUND, "There is no such transfer"),
    UNKNOWN_PROJECTION(HttpStatus.NOT_FOUND, "There is no such projection"),
    METHOD_NOT_ALLOWED(HttpStatus.METHOD_NOT_ALLOWED, "The method is not allowed here"),
    NOT_ACCEPTABLE(HttpStatus.NOT_ACCEPTABLE, "No answer of an accepted media type"),
    BODY_TOO_SLOW(HttpStatus.REQUEST_TIMEOUT, "The body did not come in time"),
    DUPLICATE_ACCOUNT(HttpStatus.CONFLICT, "The customer has an account in this currency at this branch"),
    ACCOUNT_CLOSED(HttpStatus.CONFLICT, "The account is closed"),
    ACCOUNT_NOT_EMPTY(HttpStatus.CONFLICT, "The account is not empty"),
    ACCOUNT_BLOCKED(HttpStatus.CONFLICT, "The account is blocked"),
    REQUEST_IN_PROGRESS(HttpStatus.CONFLICT, "A request with this Idempotency-Key is still running"),
    CONCURRENT_UPDATE(HttpStatus.CONFLICT, "Something else changed it at the same moment"),
    TRANSFER_FINAL(HttpStatus.CONFLICT, "The transfer has ended"),
    TRANSFER_NOT_PARKED(HttpStatus.CONFLICT, "The transfer is not parked"),
    REPLAY_RUNNING(HttpStatus.CONFLICT, "The projection is being replayed"),
    REPLAY_NOT_RUNNING(HttpStatus.CONFLICT, "The projection is not being replayed"),
    BODY_TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE, "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "The media type is not supported"),
    INSUFFICIENT_FUNDS(HttpStatus.UNPROCESSABLE_CONTENT, "The available balance does not cover the amount"),
    WRONG_CURRENCY(HttpStatus.UNPROCESSABLE_CONTENT, "The account is held in another currency"),
    AMOUNT_OUT_OF_RANGE(HttpStatus.UNPROCESSABLE_CONTENT, "The amount is beyond what an account can hold"),
    SAME_ACCOUNT(HttpStatus.UNPROCESSABLE_CONTENT, "Source and target are the same account"),
    OPERATION_CONFLICT(HttpStatus.UNPROCESSABLE_CONTENT, "The operation was made before with other content"),
    TRANSFER_CONFLICT(HttpStatus.UNPROCESSABLE_CONTENT, "The transfer id was used before with other content"),
    IDEMPOTENCY_KEY_REUSED(HttpStatus.UNPROCESSABLE_CONTENT, "The Idempotency-Key was used with another request"),
    INTERNAL_ERROR(HttpStatus.INTERNAL_SERVER_ERROR, "Something went wrong here"),
    TOO_BUSY(HttpStatus.SERVICE_UNAVAILABLE, "Too much waits here already"),
    TOO_MANY_STREAMS(HttpStatus.SERVICE_UNAVAILABLE, "As many streams are open here as may be"),
    BRANCH_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The branch cannot be reached"),
    EVENT_STORE_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The event store cannot be reached"),
    DATABASE_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The database does not answer"),
    PROJECTION_UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "The projection cannot be replayed now"),
    NO_ANSWER(HttpStatus.SERVICE_UNAVAILABLE, "No answer in time; the outcome is not known");

    private static final String BASE = "https://florin.dev/problems/";

    private final HttpStatus status;
    private final String title;

    ProblemType(HttpStatus status, String title) {
        this.status = status;
        this.title = title;
    }

    public HttpStatus status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** The {@code type} member: a name that never changes, not an address to fetch. */
    public URI uri() {
        return URI.create(BASE + name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }

    boolean isTransient() {
        return status == HttpStatus.SERVICE_UNAVAILABLE || this == REQUEST_IN_PROGRESS || this == CONCURRENT_UPDATE;
    }
}
