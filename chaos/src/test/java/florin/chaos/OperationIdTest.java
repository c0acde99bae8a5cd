package florin.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import florin.transfer.api.TransferId;
import org.junit.jupiter.api.Test;

class OperationIdTest {
    @Test
    void a_key_and_its_request_always_have_the_same_id_and_others_have_another() {
        assertThat(retry("key-1", "TRF-1"))
                .isEqualTo("64bcb922-af9d-8311-ac0e-c7787b7a3808")
                .isNotEqualTo(retry("key-2", "TRF-1"))
                .isNotEqualTo(retry("key-1", "TRF-2"));
    }

    private static String retry(String key, String transfer) {
        return Operation.retry("again", key, new TransferId(transfer)).operationId();
    }
}
