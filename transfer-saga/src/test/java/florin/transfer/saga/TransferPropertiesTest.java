package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.transfer.api.TransferLife;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class TransferPropertiesTest {

    private static TransferProperties bind(Map<String, String> values) {
        return new Binder(new MapConfigurationPropertySource(values))
                .bindOrCreate("florin.transfer", TransferProperties.class);
    }

    @Test
    void a_transfer_has_ten_minutes_and_twenty_attempts_a_step_and_is_looked_for_each_minute() {
        assertThat(bind(Map.of()))
                .isEqualTo(new TransferProperties(
                        Duration.ofMinutes(10),
                        20,
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(2),
                        Duration.ofMinutes(10)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"999ms", "0s", "-1s", "86400001ms", "2d"})
    void a_time_limit_is_a_second_to_a_day(String value) {
        assertThatThrownBy(() -> bind(Map.of("florin.transfer.time-limit", value)))
                .hasStackTraceContaining("florin.transfer.time-limit must be from");
        assertThat(bind(Map.of("florin.transfer.time-limit", "1s")).timeLimit()).isEqualTo(Duration.ofSeconds(1));
        assertThat(bind(Map.of("florin.transfer.time-limit", "1d")).timeLimit())
                .isEqualTo(TransferLife.LONGEST_TIME_LIMIT);
    }

    @ParameterizedTest
    @CsvSource({
        "attempts,0",
        "attempts,1001",
        "reconcile-every,99ms",
        "reconcile-every,61m",
        "reconcile-after,99ms",
        "reconcile-after,61m",
        "look-back,61m"
    })
    void every_setting_has_bounds(String name, String value) {
        assertThatThrownBy(() -> bind(Map.of("florin.transfer." + name, value)))
                .hasStackTraceContaining("florin.transfer." + name + " must be from");
    }
}
