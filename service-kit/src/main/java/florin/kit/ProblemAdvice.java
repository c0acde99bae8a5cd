package florin.kit;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.HttpMediaTypeException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Answers every fault of a request with problem+json. */
@RestControllerAdvice
final class ProblemAdvice extends ResponseEntityExceptionHandler {

    @ExceptionHandler(Exception.class)
    ResponseEntity<Object> fault(Exception fault) {
        return Problems.answer(fault);
    }

    /** What Spring MVC itself refuses: our own problem where the cause is one of ours, else one by status. */
    @Override
    protected ResponseEntity<Object> handleExceptionInternal(
            Exception fault, Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ProblemException problem = Problems.problem(fault);
        if (problem.type() != ProblemType.INTERNAL_ERROR) {
            return Problems.answer(fault);
        }
        ProblemType type = type(status);
        if (type == ProblemType.INTERNAL_ERROR) {
            return Problems.answer(fault);
        }
        ResponseEntity<Object> answer = Problems.answer(refusal(type, fault, body, request));
        // What Spring tells in headers stays: Allow, Accept.
        return ResponseEntity.status(answer.getStatusCode())
                .headers(headers)
                .headers(answer.getHeaders())
                .body(answer.getBody());
    }

    /** That of a refusal of which no more is known than its status. */
    static ProblemType type(HttpStatusCode status) {
        return switch (status.value()) {
            case 404 -> ProblemType.NOT_FOUND;
            case 405 -> ProblemType.METHOD_NOT_ALLOWED;
            case 406 -> ProblemType.NOT_ACCEPTABLE;
            case 408 -> ProblemType.BODY_TOO_SLOW;
            case 413 -> ProblemType.BODY_TOO_LARGE;
            case 415 -> ProblemType.UNSUPPORTED_MEDIA_TYPE;
            default -> status.is4xxClientError() ? ProblemType.INVALID_REQUEST : ProblemType.INTERNAL_ERROR;
        };
    }

    private static ProblemException refusal(ProblemType type, Exception fault, Object body, WebRequest request) {
        String detail = detail(fault, body, request);
        List<String> allowed = allowed(fault);
        return allowed.isEmpty()
                ? new ProblemException(type, detail)
                : new ProblemException(
                                type, detail.replaceFirst("\\.$", "") + "; allowed: " + String.join(", ", allowed))
                        .with("allowed", allowed);
    }

    private static String detail(Exception fault, Object body, WebRequest request) {
        if (fault instanceof TypeMismatchException mismatch) {
            String wrong = "'" + mismatch.getValue() + "' is not allowed for " + mismatch.getPropertyName();
            if (mismatch.getRequiredType() == Instant.class) {
                return wrong + "; it must be a point in time such as 2026-01-31T12:00:00Z";
            }
            return mismatch.getRequiredType() == int.class ? wrong + "; it must be a whole number" : wrong;
        }
        if (fault instanceof MissingServletRequestParameterException missing) {
            return "The parameter '" + missing.getParameterName() + "' is missing";
        }
        if (fault instanceof HttpMessageNotReadableException && fault.getCause() == null) {
            return "The body is missing: one JSON object is expected";
        }
        if (fault instanceof NoResourceFoundException) {
            return "There is nothing at " + request.getDescription(false).replaceFirst("^uri=", "")
                    + "; /v3/api-docs tells what there is";
        }
        return body instanceof ProblemDetail detail && detail.getDetail() != null
                ? detail.getDetail()
                : fault.getMessage();
    }

    /** All that would have been right, if that is a list. */
    private static List<String> allowed(Exception fault) {
        Stream<?> allowed = Stream.empty();
        if (fault instanceof HttpMediaTypeException media) {
            allowed = media.getSupportedMediaTypes().stream();
        } else if (fault instanceof HttpRequestMethodNotSupportedException method) {
            allowed = Stream.ofNullable(method.getSupportedMethods()).flatMap(Arrays::stream);
        } else if (fault instanceof TypeMismatchException mismatch && mismatch.getRequiredType() != null) {
            allowed = Stream.ofNullable(mismatch.getRequiredType().getEnumConstants())
                    .flatMap(Arrays::stream);
        }
        return allowed.map(Object::toString).distinct().toList();
    }
}
