package florin.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultPlanTest {
    private static final int PAIRS = 2 * 6 + 3 * 8 + 2;

    @Test
    void a_seed_always_means_the_same_plan_and_another_one_another() {
        assertThat(FaultPlan.of(1, Duration.ofMinutes(5), 1)).isEqualTo(FaultPlan.of(1, Duration.ofMinutes(5), 1));
        assertThat(FaultPlan.of(1, Duration.ofMinutes(5), 1)).isNotEqualTo(FaultPlan.of(2, Duration.ofMinutes(5), 1));
    }

    @Test
    void a_seed_always_means_the_same_choices() {
        assertThat(choices(1)).isEqualTo(choices(1)).isNotEqualTo(choices(2));
    }

    @Test
    void however_short_it_is_every_kind_meets_every_target() {
        List<Fault> faults = FaultPlan.of(1, Duration.ofSeconds(45), 1).faults();

        assertThat(faults.stream().limit(PAIRS).map(fault -> fault.kind() + " " + fault.target()))
                .doesNotHaveDuplicates()
                .hasSize(PAIRS);
        assertThat(lasts(faults)).isBetween(Duration.ofSeconds(40), Duration.ofSeconds(60));
    }

    @Test
    void a_long_plan_has_more_rounds_and_faults_longer_than_timeouts() {
        List<Fault> faults = FaultPlan.of(1, Duration.ofMinutes(30), 1).faults();

        assertThat(faults.size()).isGreaterThan(5 * PAIRS);
        assertThat(faults)
                .filteredOn(fault -> fault.kind() == FaultKind.CRASH)
                .hasSizeGreaterThan(4)
                .allSatisfy(fault -> assertThat(fault.target()).isEqualTo(Fault.EVERYTHING));
        assertThat(lasts(faults)).isBetween(Duration.ofMinutes(30), Duration.ofMinutes(31));
        assertThat(faults.stream().filter(fault -> fault.lasts().toSeconds() > 10))
                .hasSizeGreaterThan(5);
        assertThat(faults).allSatisfy(fault -> assertThat(fault.lasts()).isLessThan(Duration.ofSeconds(20)));
    }

    @Test
    void of_two_instances_each_meets_every_kind_and_is_frozen_for_longer_than_its_claims_while_the_others_go_on() {
        int round = 3 * 10 + 3 * 16 + 8 + 2;
        List<Fault> faults = FaultPlan.of(1, Duration.ofMinutes(2), 2).faults();

        assertThat(faults.stream().limit(round).map(fault -> fault.kind() + " " + fault.target()))
                .doesNotHaveDuplicates()
                .hasSize(round)
                .contains("KILL account-query", "STOP account-query-2", "LOSE transfer-saga-2 to postgresql");
        assertThat(lasts(faults)).isBetween(Duration.ofSeconds(110), Duration.ofSeconds(130));
        assertThat(faults).filteredOn(fault -> fault.kind() == FaultKind.FREEZE).allSatisfy(fault -> assertThat(
                        fault.lasts())
                .isBetween(Duration.ofSeconds(15), Duration.ofSeconds(36)));
    }

    private static List<Choice> choices(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return Stream.generate(() -> Choice.draw(random)).limit(100).collect(Collectors.toList());
    }

    private static Duration lasts(List<Fault> faults) {
        return faults.stream().map(Fault::takes).reduce(Duration.ZERO, Duration::plus);
    }
}
