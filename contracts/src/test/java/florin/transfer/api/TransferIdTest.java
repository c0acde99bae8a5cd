package florin.transfer.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class TransferIdTest {

    @Test
    void aMadeIdIsAValidOne() {
        assertThat(new TransferId(TransferId.random().value()).value()).startsWith("TRF-");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRF-0", "TRF-azAZ09-", "TRF-123456789012345678901234567890123456"})
    void theShortestAndTheLongestAreAccepted(String text) {
        assertThat(new TransferId(text)).hasToString(text);
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(
            strings = {"TRF-", "trf-1", "TRF-a b", "1", "TRF-1234567890123456789012345678901234567", "TRF-é", "TRF-１"})
    void otherTextIsRefused(String text) {
        assertThatThrownBy(() -> new TransferId(text))
                .isInstanceOf(InvalidTransferIdException.class)
                .hasMessageContaining("TRF-");
    }
}
