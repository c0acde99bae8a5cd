package florin.transfer.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A transfer's name, chosen by the client or made here: {@code TRF-} and 1 to 36 letters, digits or hyphens.
 *
 * <p>The prefix keeps it apart from IBANs, because aggregate identifiers are unique across types.
 */
public record TransferId(@JsonValue String value) {

    private static final Pattern FORM = Pattern.compile("TRF-[A-Za-z0-9-]{1,36}");

    @JsonCreator
    public TransferId {
        if (value == null || !FORM.matcher(value).matches()) {
            throw new InvalidTransferIdException("'" + value
                    + "' is not a transfer id: TRF- followed by 1 to 36 letters, digits or hyphens is expected");
        }
    }

    public static TransferId random() {
        return new TransferId("TRF-" + UUID.randomUUID());
    }

    @Override
    public String toString() {
        return value;
    }
}
