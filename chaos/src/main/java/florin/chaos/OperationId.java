package florin.chaos;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/**
 * What a service makes of an Idempotency-Key and the request, so that every attempt has the same id: a UUID of version 8 (RFC
 * 9562) from the SHA-256 of both. Worked out here again, because it must never change.
 */
final class OperationId {
    private OperationId() {}

    /** {@code json} is the request's content as the service writes it. */
    static String of(String key, String route, String json) {
        String hash = HexFormat.of().formatHex(sha256(route + "\n" + json));
        ByteBuffer digest = ByteBuffer.wrap(sha256(key + "\n" + hash));
        long high = (digest.getLong() & ~0xf000L) | 0x8000L;
        long low = (digest.getLong() & ~(0xc0L << 56)) | (0x80L << 56);
        return new UUID(high, low).toString();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException absent) {
            throw new IllegalStateException("Every JDK has SHA-256", absent);
        }
    }
}
