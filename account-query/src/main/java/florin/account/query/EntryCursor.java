package florin.account.query;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;

/** The opaque cursor of entries: the position of the last one seen. Entries are only ever added behind it. */
public record EntryCursor(long position) {

    private static final EntryCursor START = new EntryCursor(-1);

    /** The cursor of a text, the start if there is none, or nothing if the text is no cursor. */
    public static Optional<EntryCursor> parse(String text) {
        if (text == null) {
            return Optional.of(START);
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            return bytes.length == Long.BYTES
                    ? Optional.of(new EntryCursor(ByteBuffer.wrap(bytes).getLong()))
                            .filter(cursor -> cursor.position >= 0)
                    : Optional.empty();
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }

    public String text() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                        ByteBuffer.allocate(Long.BYTES).putLong(position).array());
    }
}
