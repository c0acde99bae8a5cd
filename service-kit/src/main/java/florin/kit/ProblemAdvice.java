package florin.kit;

import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
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
        ResponseEntity<Object> answer = Problems.answer(new ProblemException(type, detail(fault, body, request)));
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

    private static String detail(Exception fault, Object body, WebRequest request) {
        if (fault instanceof TypeMismatchException mismatch) {
            return "'" + mismatch.getValue() + "' is not allowed for " + mismatch.getPropertyName();
        }
        if (fault instanceof MissingServletRequestParameterException missing) {
            return "The parameter '" + missing.getParameterName() + "' is missing";
        }
        if (fault instanceof NoResourceFoundException) {
            return "There is nothing at " + request.getDescription(false).replaceFirst("^uri=", "")
                    + "; /v3/api-docs tells what there is";
        }
        return body instanceof ProblemDetail detail && detail.getDetail() != null
                ? detail.getDetail()
                : fault.getMessage();
    }
}
