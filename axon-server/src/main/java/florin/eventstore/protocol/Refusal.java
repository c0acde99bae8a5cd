package florin.eventstore.protocol;

import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.ErrorMessage;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Why a request was refused, in the two forms clients read: a gRPC status with Axon's code in its trailers, or an ErrorMessage. */
public final class Refusal extends RuntimeException {
    private static final Metadata.Key<String> ERROR_CODE =
            Metadata.Key.of("AxonIQ-ErrorCode", Metadata.ASCII_STRING_MARSHALLER);

    /** Clients take 8 KiB of headers, in which a character that is not of ASCII has nine. */
    private static final int MAX_DESCRIPTION_CHARACTERS = 800;

    private final ErrorCategory category;
    private final transient Status status;

    private Refusal(ErrorCategory category, Status status, String message, Throwable cause) {
        super(message, cause);
        this.category = category;
        this.status = status;
    }

    public static Refusal invalidSequence(String message) {
        return new Refusal(ErrorCategory.INVALID_EVENT_SEQUENCE, Status.OUT_OF_RANGE, message, null);
    }

    /** A reader asks for what comes behind events that are not there. */
    public static Refusal tokenAhead(String message) {
        return new Refusal(ErrorCategory.VALIDATION_FAILED, Status.OUT_OF_RANGE, message, null);
    }

    public static Refusal payloadTooLarge(String message) {
        return new Refusal(ErrorCategory.EVENT_PAYLOAD_TOO_LARGE, Status.INVALID_ARGUMENT, message, null);
    }

    public static Refusal invalid(String message) {
        return new Refusal(ErrorCategory.VALIDATION_FAILED, Status.INVALID_ARGUMENT, message, null);
    }

    public static Refusal notFound(String message) {
        return new Refusal(ErrorCategory.VALIDATION_FAILED, Status.NOT_FOUND, message, null);
    }

    /** Part of the API that this server does not have. */
    public static Refusal unimplemented(String message) {
        return new Refusal(ErrorCategory.UNSUPPORTED_INSTRUCTION, Status.UNIMPLEMENTED, message, null);
    }

    /** No token came with the call, or one that nobody has. */
    public static Refusal unauthenticated(ErrorCategory category, String message) {
        return new Refusal(category, Status.UNAUTHENTICATED, message, null);
    }

    public static Refusal forbidden(String message) {
        return new Refusal(ErrorCategory.AUTHENTICATION_INVALID_TOKEN, Status.PERMISSION_DENIED, message, null);
    }

    public static Refusal contextClosed(String message) {
        return new Refusal(ErrorCategory.OTHER, Status.UNAVAILABLE, message, null);
    }

    /** A bounded queue is full: nothing was done, try again later. */
    public static Refusal tooManyRequests(ErrorCategory category, String message) {
        return new Refusal(category, Status.RESOURCE_EXHAUSTED, message, null);
    }

    /** The disk is full: nothing was done, and reads go on. */
    public static Refusal noRoom(String message) {
        return new Refusal(ErrorCategory.DATAFILE_WRITE_ERROR, Status.RESOURCE_EXHAUSTED, message, null);
    }

    public static Refusal shuttingDown() {
        return new Refusal(ErrorCategory.OTHER, Status.UNAVAILABLE, "the node is shutting down", null);
    }

    public static Refusal writeFailed(String message, Throwable cause) {
        return new Refusal(ErrorCategory.DATAFILE_WRITE_ERROR, Status.INTERNAL, message, cause);
    }

    public static Refusal readFailed(String message, Throwable cause) {
        return new Refusal(ErrorCategory.DATAFILE_READ_ERROR, Status.INTERNAL, message, cause);
    }

    /** A client did not say in time that it carried out an instruction; it may have done so. */
    public static Refusal notInTime(String message) {
        return new Refusal(ErrorCategory.INSTRUCTION_EXECUTION_ERROR, Status.DEADLINE_EXCEEDED, message, null);
    }

    public static Refusal of(ErrorCategory category, String message) {
        return new Refusal(category, Status.UNAVAILABLE, message, null);
    }

    /** Wraps whatever was thrown; an existing refusal is returned as it is. */
    public static Refusal from(Throwable thrown) {
        Throwable cause = thrown;
        while (cause != null) {
            if (cause instanceof Refusal refusal) {
                return refusal;
            }
            cause = cause.getCause();
        }
        return new Refusal(ErrorCategory.OTHER, Status.INTERNAL, "internal error: " + thrown, thrown);
    }

    public Status.Code status() {
        return status.getCode();
    }

    public ErrorCategory category() {
        return category;
    }

    public StatusRuntimeException asStatus() {
        Metadata trailers = new Metadata();
        trailers.put(ERROR_CODE, category.errorCode());
        String message = getMessage();
        String description = message.length() <= MAX_DESCRIPTION_CHARACTERS
                ? message
                : message.substring(0, MAX_DESCRIPTION_CHARACTERS) + "...";
        return status.withDescription("[" + category.errorCode() + "] " + description)
                .withCause(getCause())
                .asRuntimeException(trailers);
    }

    public ErrorMessage asMessage() {
        return errorMessage(category, getMessage());
    }

    public static ErrorMessage errorMessage(ErrorCategory category, String message) {
        return ErrorMessage.newBuilder()
                .setErrorCode(category.errorCode())
                .setMessage(message)
                .setLocation("axon-server")
                .build();
    }
}
