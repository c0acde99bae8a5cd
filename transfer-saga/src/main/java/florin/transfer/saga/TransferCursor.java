package florin.transfer.saga;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/** Where a page of transfers ended; clients hand it back as it is. */
record TransferCursor(Instant requestedAt, String id) {

    String text() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((requestedAt + " " + id).getBytes(StandardCharsets.UTF_8));
    }

    /** Empty if the text is not a cursor. */
    static Optional<TransferCursor> parse(String text) {
        try {
            String[] parts = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(" ", -1);
            return parts.length == 2
                    ? Optional.of(new TransferCursor(Instant.parse(parts[0]), parts[1]))
                    : Optional.empty();
        } catch (IllegalArgumentException | DateTimeException other) {
            return Optional.empty();
        }
    }
}
