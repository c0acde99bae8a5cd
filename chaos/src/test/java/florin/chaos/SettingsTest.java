package florin.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.launcher.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @Test
    void options_are_read() {
        assertThat(Settings.of(List.of("--minutes", "0.75", "--seed=-7", "--instances", "2", "--data", "/tmp/a/../b")))
                .isEqualTo(new Settings(Duration.ofSeconds(45), -7, 2, Optional.of(Path.of("/tmp/b"))));
    }

    @Test
    void without_options_it_takes_a_minute_some_seed_and_one_instance_of_each_service() {
        Settings settings = Settings.of(List.of());
        assertThat(settings.duration()).isEqualTo(Duration.ofMinutes(1));
        assertThat(settings.instances()).isEqualTo(1);
        assertThat(settings.data()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--minutes 0",
                "--minutes 60.1",
                "--minutes -1",
                "--minutes long",
                "--minutes",
                "--seed 1.5",
                "--seed 1234567890123456789",
                "--instances 0",
                "--instances 3",
                "--instances",
                "--data",
                "--hours 1",
                "5"
            })
    void what_cannot_be_is_refused(String line) {
        assertThatThrownBy(() -> Settings.of(List.of(line.split(" ", -1))))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(
                        line.startsWith("-") && !line.contains("hours") ? line.split(" ", 2)[0] : "--help");
    }
}
