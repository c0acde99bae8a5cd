package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.SimpleSerializedObject;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.junit.jupiter.api.Test;

class SagaStateTest {

    private final Jackson3Serializer serializer = Jackson3Serializer.builder()
            .jsonMapperBuilderCustomizer(mapper -> mapper.changeDefaultVisibility(visibility -> visibility
                    .withVisibility(PropertyAccessor.ALL, Visibility.NONE)
                    .withFieldVisibility(Visibility.ANY)))
            .build();

    @Test
    void the_state_of_a_saga_reads_back_as_it_was_written() {
        String state =
                """
                {"drive":{"attempts":3,"correlationId":"abc","reason":null,"request":{"transferId":"TRF-1","from":"%s",\
                "to":"%s","amount":{"value":"30.00","currency":"EUR"},"reference":"rent"},\
                "requestedAt":"2026-05-01T12:00:00Z","resend":"d-1","since":2,"step":"CREDIT","timeLimit":"d-2"}}"""
                        .formatted(Examples.FROM, Examples.TO);
        assertThat(written(state)).isEqualTo(state);
        String ofBefore = state.replace("\"since\":2,", "");
        assertThat(written(ofBefore)).isEqualTo(state.replace("\"since\":2", "\"since\":null"));
    }

    private String written(String state) {
        SerializedObject<String> written = serializer.serialize(
                serializer.deserialize(
                        new SimpleSerializedObject<>(state, String.class, TransferSaga.class.getName(), null)),
                String.class);
        return written.getData();
    }
}
