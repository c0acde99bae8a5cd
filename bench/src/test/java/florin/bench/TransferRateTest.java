package florin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferRateTest {

    @Test
    void withoutOptionsItMeasuresTheLaunchersPorts() {
        assertThat(TransferRate.Settings.of().transfer()).isEqualTo(URI.create("http://localhost:8083"));
    }

    @Test
    void everyLoadIsBounded() {
        assertThatThrownBy(() -> TransferRate.Settings.of("--clients", "100000"))
                .hasMessageContaining("512");
        assertThatThrownBy(() -> TransferRate.Settings.of("--transfers", "0")).hasMessageContaining("1");
        assertThatThrownBy(() -> TransferRate.Settings.of("--colour", "red")).hasMessageContaining("--colour");
    }

    @Test
    void aPercentileIsReadFromTheSortedLatencies() {
        TransferRate.Outcome outcome =
                new TransferRate.Outcome(List.of(1_000_000L, 2_000_000L, 3_000_000L, 4_000_000L), 1_000_000_000L, 0);
        assertThat(outcome.percentileMs(50)).isEqualTo(3.0);
        assertThat(outcome.percentileMs(99)).isEqualTo(4.0);
        assertThat(outcome.perSecond()).isEqualTo(4.0);
    }
}
