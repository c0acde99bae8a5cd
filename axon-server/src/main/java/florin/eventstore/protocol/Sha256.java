package florin.eventstore.protocol;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Makes digests of the one kind that is used here. */
public final class Sha256 {
    private Sha256() {}

    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }
}
