package florin.account.query.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class StreamPropertiesTest {

    @Test
    void a_thousand_streams_unless_told_otherwise() {
        assertThat(new Binder(new MapConfigurationPropertySource(Map.of()))
                        .bindOrCreate("florin.query", StreamProperties.class))
                .isEqualTo(new StreamProperties(1_000));
    }

    @Test
    void bounds_are_taken_and_what_is_beyond_them_is_refused() {
        assertThat(new StreamProperties(1).streams()).isEqualTo(1);
        assertThat(new StreamProperties(2_000).streams()).isEqualTo(2_000);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StreamProperties(0))
                .withMessageContaining("florin.query.streams");
        assertThatIllegalArgumentException().isThrownBy(() -> new StreamProperties(2_001));
    }
}
