package florin.kit;

import florin.account.api.AccountRefusal;
import florin.account.api.InvalidIbanException;
import florin.account.api.RefusalReason;
import florin.money.Money;
import florin.money.MoneyException;
import florin.transfer.api.InvalidTransferIdException;
import florin.transfer.api.TransferRefusal;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Currency;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.axonframework.axonserver.connector.AxonServerException;
import org.axonframework.axonserver.connector.command.AxonServerCommandDispatchException;
import org.axonframework.axonserver.connector.query.AxonServerQueryDispatchException;
import org.axonframework.commandhandling.NoHandlerForCommandException;
import org.axonframework.messaging.HandlerExecutionException;
import org.axonframework.messaging.interceptors.JSR303ViolationException;
import org.axonframework.queryhandling.NoHandlerForQueryException;
import org.axonframework.serialization.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.TransactionTimedOutException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.context.request.async.AsyncRequestTimeoutException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Says what went wrong, in the one form that all services answer with. */
final class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final String RETRY_AFTER_SECONDS = "2";
    /** SQLSTATE of a statement that was given up for its time limit, or by an operator. */
    private static final String QUERY_CANCELED = "57014";
    /** What a call of the event store ends with while it is away or has no room; commands that are handled here see it bare. */
    private static final Set<Status.Code> STORE_AWAY = EnumSet.of(
            Status.Code.UNAVAILABLE,
            Status.Code.RESOURCE_EXHAUSTED,
            Status.Code.CANCELLED,
            Status.Code.DEADLINE_EXCEEDED);

    /**
     * What is known of an exception where it was thrown. Of an exception only the text passes the message router, but what is said
     * as its details passes it as it is.
     */
    record Fault(ProblemType type, String detail) {}

    private Problems() {}

    static ResponseEntity<Object> answer(Throwable thrown) {
        ProblemException problem = problem(thrown);
        if (problem.type() == ProblemType.INTERNAL_ERROR) {
            LOG.error("A request failed", thrown);
        }
        ResponseEntity.BodyBuilder response =
                ResponseEntity.status(problem.type().status()).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        if (problem.type().isTransient()) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return response.body(detail(problem));
    }

    static ProblemDetail detail(ProblemException problem) {
        ProblemDetail detail = ProblemDetail.forStatus(problem.type().status());
        detail.setType(problem.type().uri());
        detail.setTitle(problem.type().title());
        detail.setDetail(problem.getMessage());
        detail.setProperty(Correlation.KEY, Correlation.current());
        problem.members().forEach(detail::setProperty);
        return detail;
    }

    static ProblemException problem(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SerializationException) {
                break; // What is stored cannot be read: whatever is wrong with it, the request is not.
            }
            ProblemException known = known(cause);
            if (known != null) {
                return known;
            }
        }
        return new ProblemException(
                ProblemType.INTERNAL_ERROR,
                "The request could not be handled; the logs tell more under its correlation id");
    }

    /** Empty if nothing is known of it, or if it has details already, which tell more. */
    static Optional<Fault> fault(Throwable thrown) {
        ProblemException problem = problem(thrown);
        return problem.type() == ProblemType.INTERNAL_ERROR
                        || HandlerExecutionException.resolveDetails(thrown).isPresent()
                ? Optional.empty()
                : Optional.of(new Fault(problem.type(), problem.getMessage()));
    }

    private static ProblemException known(Throwable cause) {
        if (cause instanceof ProblemException problem) {
            return problem;
        }
        if (cause instanceof MoneyException money) {
            return new ProblemException(type(money.kind()), money.getMessage());
        }
        if (cause instanceof InvalidIbanException) {
            return new ProblemException(ProblemType.INVALID_IBAN, cause.getMessage());
        }
        if (cause instanceof InvalidTransferIdException) {
            return new ProblemException(ProblemType.INVALID_TRANSFER_ID, cause.getMessage());
        }
        if (cause instanceof HandlerExecutionException execution
                && execution.getDetails().orElse(null) instanceof AccountRefusal refusal) {
            return new ProblemException(type(refusal), refusal.detail())
                    .with("reason", refusal.reason().name());
        }
        if (cause instanceof HandlerExecutionException execution
                && execution.getDetails().orElse(null) instanceof TransferRefusal refusal) {
            ProblemException problem = new ProblemException(type(refusal), refusal.detail());
            return refusal.kind() == TransferRefusal.Kind.CONFLICT
                    ? problem.with("reason", RefusalReason.AM05.name())
                    : problem;
        }
        if (cause instanceof HandlerExecutionException execution
                && execution.getDetails().orElse(null) instanceof Fault fault) {
            return new ProblemException(fault.type(), fault.detail());
        }
        if (cause instanceof MethodArgumentNotValidException invalid) {
            List<Map<String, String>> errors = invalid.getBindingResult().getFieldErrors().stream()
                    .map(error -> Map.of("field", error.getField(), "message", error.getDefaultMessage() + ""))
                    .toList();
            return new ProblemException(
                            ProblemType.INVALID_REQUEST,
                            errors.stream()
                                    .map(error -> error.get("field") + " " + error.get("message"))
                                    .sorted()
                                    .reduce((left, right) -> left + "; " + right)
                                    .orElse("The request is not valid"))
                    .with("errors", errors);
        }
        if (cause instanceof JSR303ViolationException violation) {
            return new ProblemException(
                    ProblemType.INVALID_REQUEST,
                    violation.getViolations().stream()
                            .map(one -> one.getPropertyPath() + " " + one.getMessage())
                            .sorted()
                            .collect(Collectors.joining("; ")));
        }
        if (cause instanceof JacksonException json) {
            return json(json);
        }
        if (cause instanceof InvalidParameterException) {
            return new ProblemException(ProblemType.INVALID_REQUEST, "The query string cannot be read");
        }
        return unavailable(cause);
    }

    private static ProblemException json(JacksonException json) {
        for (Throwable inner = json.getCause(); inner != null; inner = inner.getCause()) {
            ProblemException known = inner instanceof JacksonException ? null : known(inner);
            if (known != null) {
                return known.with("field", path(json));
            }
        }
        if (json instanceof UnrecognizedPropertyException unknown) {
            return new ProblemException(
                            ProblemType.UNKNOWN_FIELD, "The field '" + unknown.getPropertyName() + "' is not known")
                    .with("field", path(json))
                    .with("allowed", unknown.getKnownPropertyIds());
        }
        if (json instanceof StreamReadException) {
            return new ProblemException(
                    ProblemType.MALFORMED_JSON, "The body is not JSON: " + json.getOriginalMessage());
        }
        String field = path(json);
        return field.isEmpty()
                ? new ProblemException(ProblemType.INVALID_REQUEST, "The body must be one JSON object")
                : new ProblemException(
                                ProblemType.INVALID_REQUEST, "The field '" + field + "' must be " + expected(json))
                        .with("field", field);
    }

    private static String expected(JacksonException json) {
        Class<?> type = json instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : Object.class;
        if (CharSequence.class.isAssignableFrom(type) || type == Currency.class) {
            return "a text in quotes";
        }
        return type == Money.Json.class || type == Money.class
                ? "an object such as {\"value\":\"12.50\",\"currency\":\"EUR\"}"
                : "another value";
    }

    private static String path(JacksonException json) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference reference : json.getPath()) {
            if (reference.getPropertyName() != null) {
                path.append(path.isEmpty() ? "" : ".").append(reference.getPropertyName());
            }
        }
        return path.toString();
    }

    private static ProblemException unavailable(Throwable cause) {
        if (cause instanceof NoHandlerForCommandException) {
            return new ProblemException(
                    ProblemType.BRANCH_UNAVAILABLE, "No service takes this command now; try again with the same key");
        }
        if (LocalCommandBus.isConflict(cause)) {
            return new ProblemException(
                    ProblemType.CONCURRENT_UPDATE, "Another change came first; try again with the same key");
        }
        if (cause instanceof AxonServerCommandDispatchException lost && lost.getCause() == null) {
            // The router's own words: the one that handled it left, or gave no answer.
            return new ProblemException(
                    ProblemType.NO_ANSWER,
                    "It may or may not have happened (" + lost.getMessage()
                            + "); try again with the same key to learn it");
        }
        if (cause instanceof AxonServerException
                || cause instanceof io.axoniq.axonserver.connector.AxonServerException
                || cause instanceof AxonServerCommandDispatchException
                || cause instanceof AxonServerQueryDispatchException
                || cause instanceof NoHandlerForQueryException
                || (cause instanceof StatusRuntimeException call
                        && STORE_AWAY.contains(call.getStatus().getCode()))) {
            return new ProblemException(
                    ProblemType.EVENT_STORE_UNAVAILABLE, "The event store is away; try again with the same key");
        }
        if (cause instanceof QueryTimeoutException
                || cause instanceof TransactionTimedOutException
                || (cause instanceof SQLException sql && QUERY_CANCELED.equals(sql.getSQLState()))) {
            return new ProblemException(
                    ProblemType.DATABASE_UNAVAILABLE, "The database took too long; ask for less, or try again later");
        }
        if (cause instanceof DataAccessResourceFailureException
                || cause instanceof CannotCreateTransactionException
                || cause instanceof TransactionSystemException
                || (cause instanceof SQLException sql && isConnectionLost(sql))) {
            return new ProblemException(
                    ProblemType.DATABASE_UNAVAILABLE, "The database is away; try again with the same key");
        }
        if (cause instanceof TimeoutException || cause instanceof AsyncRequestTimeoutException) {
            return new ProblemException(
                    ProblemType.NO_ANSWER, "It may or may not have happened; try again with the same key to learn it");
        }
        return null;
    }

    /** SQLSTATE class 08 (connection exception), or PostgreSQL's 57P (shutting down, starting up, terminated) and 25P03 (idle). */
    private static boolean isConnectionLost(SQLException failure) {
        String state = failure.getSQLState();
        return failure instanceof SQLTransientConnectionException
                || (state != null && (state.startsWith("08") || state.startsWith("57P") || state.equals("25P03")));
    }

    private static ProblemType type(MoneyException.Kind kind) {
        return switch (kind) {
            case INVALID_AMOUNT -> ProblemType.INVALID_AMOUNT;
            case UNKNOWN_CURRENCY -> ProblemType.UNKNOWN_CURRENCY;
            case CURRENCY_MISMATCH -> ProblemType.WRONG_CURRENCY;
            case OVERFLOW -> ProblemType.AMOUNT_OUT_OF_RANGE;
        };
    }

    private static ProblemType type(TransferRefusal refusal) {
        return switch (refusal.kind()) {
            case UNKNOWN -> ProblemType.UNKNOWN_TRANSFER;
            case CONFLICT -> ProblemType.TRANSFER_CONFLICT;
            case FINAL -> ProblemType.TRANSFER_FINAL;
            case NOT_PARKED -> ProblemType.TRANSFER_NOT_PARKED;
        };
    }

    private static ProblemType type(AccountRefusal refusal) {
        return switch (refusal.reason()) {
            case AC01 -> ProblemType.UNKNOWN_ACCOUNT;
            case AC04 -> ProblemType.ACCOUNT_CLOSED;
            case AC06 -> ProblemType.ACCOUNT_BLOCKED;
            case AG01 -> ProblemType.ACCOUNT_NOT_EMPTY;
            case AM02 -> ProblemType.AMOUNT_OUT_OF_RANGE;
            case AM03 -> ProblemType.WRONG_CURRENCY;
            case AM04 -> ProblemType.INSUFFICIENT_FUNDS;
            case AM05, AM21, DS02, TM01 -> ProblemType.OPERATION_CONFLICT;
        };
    }
}
