package florin.transfer.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.UUID;

/**
 * A transfer's name, chosen by the client or made here: {@code TRF-} and 1 to 36 letters, digits or hyphens.
 *
 * <p>The prefix keeps it apart from IBANs, because aggregate identifiers are unique across types.
 */
public record TransferId(@JsonValue String value) {

    private static final String PREFIX = "TRF-";
    private static final int LONGEST = PREFIX.length() + 36;

    @JsonCreator
    public TransferId {
        if (value == null || !isTransferId(value)) {
            throw new InvalidTransferIdException("'" + value
                    + "' is not a transfer id: TRF- followed by 1 to 36 letters, digits or hyphens is expected");
        }
    }

    /** Each message of a transfer is checked, several times: a pattern takes noticeably longer. */
    private static boolean isTransferId(String value) {
        if (!value.startsWith(PREFIX) || value.length() == PREFIX.length() || value.length() > LONGEST) {
            return false;
        }
        for (int index = PREFIX.length(); index < value.length(); index++) {
            char each = value.charAt(index);
            boolean isLetter = (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z');
            if (!isLetter && !(each >= '0' && each <= '9') && each != '-') {
                return false;
            }
        }
        return true;
    }

    public static TransferId random() {
        return new TransferId(PREFIX + UUID.randomUUID());
    }

    @Override
    public String toString() {
        return value;
    }
}
