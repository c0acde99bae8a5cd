package florin.account.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class IbanTest {

    @Test
    void anIbanIsMadeOfABranchAndAnAccountNumber() {
        Iban iban = Iban.of("FLNO", 1);
        assertThat(iban.value()).matches("NL[0-9]{2}FLNO0000000001");
        assertThat(iban.branch()).isEqualTo("FLNO");
        assertThat(new Iban(iban.value())).isEqualTo(iban);
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(
            strings = {
                "NL00FLNO0000000001",
                "NL02 ABNA 0123 4567 89",
                "nl02abna0123456789",
                "NL02ABNA012345678",
                "XX02ABNA0123456789",
                "NL81FLNO000000000\u0661",
                "hello"
            })
    void whatIso13616DoesNotAcceptIsRefused(String text) {
        assertThatThrownBy(() -> new Iban(text))
                .isInstanceOf(InvalidIbanException.class)
                .hasMessageContaining("IBAN");
    }
}
