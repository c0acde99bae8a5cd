package florin.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long[] SORTED_NS = {1_000_000, 2_000_000, 3_000_000, 4_000_000};

    @Test
    void aPercentileIsReadFromTheSortedLatencies() {
        Measured measured = Measured.of(4, SECOND_NS, SORTED_NS, 0);
        assertThat(measured.p50Ms()).isEqualTo(3.0);
        assertThat(measured.p99Ms()).isEqualTo(4.0);
        assertThat(measured.perSecond()).isEqualTo(4.0);
    }

    @Test
    void ofManyCallsSomeLatenciesAreEnough() {
        Measured measured = Measured.of(4_000, SECOND_NS, SORTED_NS, 0);
        assertThat(measured.p50Ms()).isEqualTo(3.0);
        assertThat(measured.p99Ms()).isEqualTo(4.0);
    }

    @Test
    void aCallThatFailedIsNoFastOne() {
        Measured measured = Measured.of(4, SECOND_NS, SORTED_NS, 1);
        assertThat(measured.p50Ms()).isEqualTo(3.0);
        assertThat(measured.p99Ms()).isEqualTo(1_000.0);
    }

    @Test
    void ofAnEvenNumberOfRoundsTheLowerOneIsShown() {
        assertThat(Measured.median(List.of(4.0, 1.0, 3.0, 2.0), rate -> rate)).isEqualTo(2.0);
        assertThat(Measured.median(List.of(3.0, 1.0, 2.0), rate -> rate)).isEqualTo(2.0);
    }

    @Test
    void ratiosAreThoseOfEachRound() {
        Measured slow = Measured.of(1, SECOND_NS, SORTED_NS, 0);
        Measured fast = Measured.of(2, SECOND_NS, SORTED_NS, 0);
        assertThat(Measured.ratios(List.of(slow, fast, slow), List.of(fast, slow, slow)))
                .isEqualTo(" 1.00 | 0.50 to 2.00 |");
    }
}
