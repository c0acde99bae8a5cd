package florin.kit;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers a repeated request as it was answered first (the {@code Idempotency-Key} header).
 *
 * <p>A key is kept for 24 hours, by the database's clock. It is claimed before the action runs, together with an operation id that
 * is made of the key and the request, and so is the same for every attempt: the action hands that id on, so that even a crash
 * between its effect and this class's record of the answer, or the loss of that record, does not lead to a second effect. An
 * answer that settles the request (2xx, 4xx) is kept, the first that comes, but a refusal only of the attempt that holds the claim;
 * a fault (5xx, a conflict of the moment) only gives the claim back.
 */
public final class IdempotentRequests {

    /** How long an answer is kept. */
    public static final Duration RETENTION = Duration.ofHours(24);

    /** How long a claim of a process that died keeps others waiting. */
    public static final Duration LEASE = Duration.ofSeconds(30);

    /** Header of an answer that was given before. */
    public static final String REPLAYED = "Idempotent-Replayed";

    private static final Pattern FORM = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final int PURGED_PER_CLAIM = 20;

    /** One that is being worked on would count as the first again. */
    private static final String FORGOTTEN = "created_at < now() - make_interval(secs => :retention)"
            + " AND (status IS NOT NULL OR leased_until <= now())";

    /** An array, because rows of a subquery that are one of two conditions are looked for in the whole table. */
    static final String FORGET = "DELETE FROM idempotency_key WHERE key = ANY (ARRAY("
            + "SELECT key FROM idempotency_key WHERE " + FORGOTTEN
            + " ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED))"
            + " OR (key = :key AND " + FORGOTTEN + ")";

    private final JdbcClient jdbc;
    private final JsonMapper json;

    IdempotentRequests(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    /** {@code leasedUntil} is the database's own text of it, by which a claim is told from one that took over. */
    private record Claim(String operationId, boolean isFirst, String leasedUntil, Optional<ResponseEntity<?>> answer) {}

    private record Row(String requestHash, Integer status, String location, String body) {}

    /**
     * Runs the action, or answers as before.
     *
     * @param key the header, or null for a request that is not to be repeated
     * @param route what is asked for, such as {@code POST /accounts}
     * @param request the request's content; with the route it must be the same under the same key
     * @param action gets the operation id, of at most 36 characters
     */
    public ResponseEntity<?> run(String key, String route, Object request, Function<String, ResponseEntity<?>> action) {
        return run(key, route, request, action, operationId -> true);
    }

    /**
     * The same for an action that may be done although it was refused before: an attempt of which nothing was heard may be on
     * its way still.
     *
     * @param bar gets the operation id when an attempt that is not the first was refused; sees to it that none before it is done
     *     any more, or answers false if one has been done
     */
    public ResponseEntity<?> run(
            String key,
            String route,
            Object request,
            Function<String, ResponseEntity<?>> action,
            Predicate<String> bar) {
        if (key == null) {
            return action.apply(UUID.randomUUID().toString());
        }
        if (!FORM.matcher(key).matches()) {
            throw new ProblemException(
                    ProblemType.INVALID_IDEMPOTENCY_KEY,
                    "1 to 255 visible ASCII characters without blanks are expected");
        }
        Claim claim = claim(key, hash(route, request));
        if (claim.answer().isPresent()) {
            return claim.answer().get();
        }
        return answer(key, claim, claim.isFirst() ? action : unlessBarred(action, bar));
    }

    private ResponseEntity<?> answer(String key, Claim claim, Function<String, ResponseEntity<?>> action) {
        ResponseEntity<?> answer;
        try {
            answer = action.apply(claim.operationId());
        } catch (RuntimeException fault) {
            if (!isRefusal(fault)) {
                release(key, claim);
                throw fault;
            }
            if (keep(key, claim, Problems.answer(fault))) {
                throw fault;
            }
            return find(key).flatMap(this::kept).orElseThrow(IdempotentRequests::inProgress);
        }
        return keep(key, claim, answer)
                ? answer
                : find(key).<ResponseEntity<?>>flatMap(this::kept).orElse(answer);
    }

    private static Function<String, ResponseEntity<?>> unlessBarred(
            Function<String, ResponseEntity<?>> action, Predicate<String> bar) {
        return operationId -> {
            try {
                return action.apply(operationId);
            } catch (RuntimeException fault) {
                if (!isRefusal(fault) || bar.test(operationId)) {
                    throw fault;
                }
                return action.apply(operationId); // It has been done meanwhile, and is answered so.
            }
        };
    }

    private static boolean isRefusal(RuntimeException fault) {
        ProblemType type = Problems.problem(fault).type();
        return type.status().is4xxClientError() && !type.isTransient();
    }

    private Claim claim(String key, String hash) {
        jdbc.sql(FORGET)
                .param("retention", RETENTION.toSeconds())
                .param("limit", PURGED_PER_CLAIM)
                .param("key", key)
                .update();
        Optional<Claim> claimed = jdbc.sql(
                        "INSERT INTO idempotency_key (key, request_hash, operation_id, created_at, leased_until)"
                                + " VALUES (:key, :hash, :operationId, now(), now() + make_interval(secs => :lease))"
                                + " ON CONFLICT (key) DO UPDATE SET leased_until = excluded.leased_until"
                                + " WHERE idempotency_key.status IS NULL AND idempotency_key.leased_until <= now()"
                                + " AND idempotency_key.request_hash = excluded.request_hash"
                                + " RETURNING operation_id, created_at = now() AS is_first, leased_until::text")
                .param("key", key)
                .param("hash", hash)
                .param("operationId", operationId(key, hash))
                .param("lease", LEASE.toSeconds())
                .query((result, index) -> new Claim(
                        result.getString("operation_id"),
                        result.getBoolean("is_first"),
                        result.getString("leased_until"),
                        Optional.empty()))
                .optional();
        if (claimed.isPresent()) {
            return claimed.get();
        }
        Row row = find(key).orElseThrow(IdempotentRequests::inProgress);
        if (!row.requestHash().equals(hash)) {
            throw new ProblemException(
                    ProblemType.IDEMPOTENCY_KEY_REUSED, "Another request was made under this Idempotency-Key");
        }
        return new Claim("", false, "", Optional.of(kept(row).orElseThrow(IdempotentRequests::inProgress)));
    }

    private static ProblemException inProgress() {
        return new ProblemException(
                ProblemType.REQUEST_IN_PROGRESS, "Try again in some seconds to get the first request's answer");
    }

    private Optional<Row> find(String key) {
        return jdbc.sql("SELECT request_hash, status, location, body FROM idempotency_key WHERE key = :key")
                .param("key", key)
                .query((result, index) -> new Row(
                        result.getString("request_hash"),
                        result.getObject("status", Integer.class),
                        result.getString("location"),
                        result.getString("body")))
                .optional();
    }

    private Optional<ResponseEntity<?>> kept(Row row) {
        if (row.status() == null) {
            return Optional.empty();
        }
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(row.status()).header(REPLAYED, "true");
        if (row.location() != null) {
            answer.location(URI.create(row.location()));
        }
        if (row.status() < 400) {
            return Optional.of(answer.contentType(MediaType.APPLICATION_JSON).body(json.readTree(row.body())));
        }
        ProblemDetail problem = json.readValue(row.body(), ProblemDetail.class);
        problem.setProperty(Correlation.KEY, Correlation.current());
        return Optional.of(
                answer.contentType(MediaType.APPLICATION_PROBLEM_JSON).body(problem));
    }

    /**
     * False if an answer is kept already: the first counts. Or if this is a refusal, and another attempt has taken over while this
     * one took longer than its lease: what this one was refused the other may do.
     */
    private boolean keep(String key, Claim claim, ResponseEntity<?> answer) {
        return jdbc.sql("UPDATE idempotency_key SET status = :status, location = :location, body = :body"
                                + " WHERE key = :key AND status IS NULL"
                                + " AND (:status < 400 OR leased_until::text = :leasedUntil)")
                        .param("status", answer.getStatusCode().value())
                        .param("location", answer.getHeaders().getFirst(HttpHeaders.LOCATION))
                        .param("body", json.writeValueAsString(answer.getBody()))
                        .param("key", key)
                        .param("leasedUntil", claim.leasedUntil())
                        .update()
                == 1;
    }

    private void release(String key, Claim claim) {
        jdbc.sql("UPDATE idempotency_key SET leased_until = now()"
                        + " WHERE key = :key AND status IS NULL AND leased_until::text = :leasedUntil")
                .param("key", key)
                .param("leasedUntil", claim.leasedUntil())
                .update();
    }

    private String hash(String route, Object request) {
        MessageDigest digest = sha256();
        digest.update((route + '\n').getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest(json.writeValueAsBytes(request)));
    }

    /** A UUID of version 8 (RFC 9562). */
    private static String operationId(String key, String hash) {
        ByteBuffer digest = ByteBuffer.wrap(sha256().digest((key + '\n' + hash).getBytes(StandardCharsets.US_ASCII)));
        long high = (digest.getLong() & ~0xf000L) | 0x8000L;
        long low = (digest.getLong() & ~(0xc0L << 56)) | (0x80L << 56);
        return new UUID(high, low).toString();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException absent) {
            throw new IllegalStateException("Every JDK has SHA-256", absent);
        }
    }
}
