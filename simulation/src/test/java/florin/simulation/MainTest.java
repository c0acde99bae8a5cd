package florin.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MainTest {

    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void listen() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(System.out);
    }

    @AfterEach
    void stopListening() {
        System.setOut(out);
        System.setErr(err);
    }

    @Test
    void seedsThatBreakNothingEndWithTheTable() {
        assertThat(run("--seeds=3", "--from", "100")).isZero();
        assertThat(text()).contains("COMMAND_DROPPED", "3 seeds from 100", "nothing was broken");
    }

    @Test
    void aBrokenSeedIsPrintedAsAHistoryThatCanBeRunAgain() {
        assertThat(run("--seeds", "1", "--from", "1", "--bug", "sent-means-done"))
                .isEqualTo(1);
        assertThat(text())
                .contains("Seed 1: CLEARING_IS_IN_FLIGHT")
                .contains("CaptureReservation")
                .contains("./florin simulate --seeds 1 --from 1 --bug sent-means-done")
                .contains("broken: seeds [1]");
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        assertThat(run("--seeds", "many")).isEqualTo(2);
        assertThat(run("--seeds")).isEqualTo(2);
        assertThat(run("--seeds=")).isEqualTo(2);
        assertThat(run("--seeds", "0")).isEqualTo(2);
        assertThat(run("--bug", "none-of-ours")).isEqualTo(2);
        assertThat(run("--dance", "1")).isEqualTo(2);
        assertThat(text())
                .contains("'many' is not", "There is no bug 'none-of-ours'", "Not understood: --dance", "no-tombstone");
    }

    private static int run(String... arguments) {
        return Main.run(List.of(arguments));
    }

    private String text() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
