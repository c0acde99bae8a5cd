package florin.account.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;
import org.iban4j.CountryCode;
import org.iban4j.Iban4jException;
import org.iban4j.IbanUtil;

/** An account number as ISO 13616 defines it, checked, in electronic form; it is the account's aggregate identifier. */
public record Iban(@JsonValue String value) {

    /** The same accounts come again and again, and a check takes longer than a look here: one for each hash, the last. */
    private static final String[] VALID = new String[1 << 12];

    /** Digits of other scripts pass the check too. */
    private static final Pattern FORM = Pattern.compile("[A-Z0-9]*");

    @JsonCreator
    public Iban {
        if (value == null) {
            throw new InvalidIbanException("an IBAN is missing");
        }
        int slot = value.hashCode() & (VALID.length - 1);
        if (!value.equals(VALID[slot])) {
            requireValid(value);
            VALID[slot] = value;
        }
    }

    private static void requireValid(String value) {
        if (!FORM.matcher(value).matches()) {
            throw new InvalidIbanException(
                    "'" + value + "' is not an IBAN: it has letters A to Z and digits 0 to 9 only");
        }
        try {
            IbanUtil.validate(value);
        } catch (Iban4jException invalid) {
            throw new InvalidIbanException("'" + value + "' is not an IBAN: " + invalid.getMessage());
        }
        if (IbanUtil.getBankCode(value) == null) {
            throw new InvalidIbanException("'" + value + "' names no bank");
        }
    }

    /** The Dutch IBAN of a ten-digit account number at a branch. */
    public static Iban of(String branch, long accountNumber) {
        return new Iban(new org.iban4j.Iban.Builder()
                .countryCode(CountryCode.NL)
                .bankCode(branch)
                .accountNumber(String.format(java.util.Locale.ROOT, "%010d", accountNumber))
                .build()
                .toString());
    }

    /** The bank code, which is the branch that holds the account. */
    public String branch() {
        return IbanUtil.getBankCode(value);
    }

    @Override
    public String toString() {
        return value;
    }
}
