package florin.transfer.saga;

import florin.transfer.api.TransferId;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/** Where a page of transfers ended; clients hand it back as it is. */
record TransferCursor(Instant requestedAt, String id) {

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

    /** A time that PostgreSQL and Java write alike. */
    static boolean isPossible(Instant time) {
        return !time.isBefore(FIRST) && time.isBefore(END);
    }

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
                    ? Optional.of(new TransferCursor(Instant.parse(parts[0]), new TransferId(parts[1]).value()))
                            .filter(cursor -> isPossible(cursor.requestedAt()))
                    : Optional.empty();
        } catch (IllegalArgumentException | DateTimeException other) {
            return Optional.empty();
        }
    }
}
