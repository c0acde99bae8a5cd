package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dance",
                "up now",
                "up --postgresql-port",
                "up --postgresql-port many",
                "up --data=",
                "up --instances 5",
                "demo --instances 2",
                "status --transfer-saga-port 8083",
                "down --cache /tmp",
                "logs",
                "logs --data=. postgresql axon-server"
            })
    void wrong_usage_is_exit_code_2(String line) {
        assertThat(Main.run(new ArrayList<>(List.of(line.split(" ", -1))))).isEqualTo(2);
    }

    @Test
    void a_refusal_is_exit_code_1() {
        assertThat(Main.run(new ArrayList<>(List.of("logs", "--data", "/dev/null", "postgresql"))))
                .isEqualTo(1);
        assertThat(Main.run(new ArrayList<>(List.of("up", "--data", "/dev/null/data"))))
                .isEqualTo(1);
    }

    @Test
    void help_has_the_options_of_the_command_only() {
        assertThat(Help.of("status")).contains("--data DIR").doesNotContain("--instances", "-port");
        assertThat(Help.of("demo")).contains("--transfer-saga-port").doesNotContain("--instances");
        assertThat(Help.of("up")).contains("--instances");
        assertThat(Main.run(new ArrayList<>(List.of("up", "-h")))).isZero();
    }
}
