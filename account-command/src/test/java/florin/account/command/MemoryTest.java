package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What an account may forget. */
class MemoryTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Memory<String> memory = new Memory<>();

    private void fill(int count, Instant at) {
        for (int index = 0; index < count; index++) {
            memory.remember(at + "-" + index, "done", 1, at, "done"::equals);
        }
    }

    @Test
    void whatIsOldIsKeptWhileThereIsRoom() {
        fill(1, START);
        fill(Memory.CAPACITY - 1, START.plus(Duration.ofDays(400)));

        assertThat(memory.find(START + "-0")).isPresent();
    }

    @Test
    void whatIsYoungIsKeptHoweverMuchThereIs() {
        fill(Memory.CAPACITY + 5, START);
        fill(1, START.plus(Memory.RETENTION));

        assertThat(memory.size()).isEqualTo(Memory.CAPACITY + 6);
    }

    @Test
    void whatIsOldAndBeyondTheCapacityIsForgottenOldestFirst() {
        fill(Memory.CAPACITY, START);
        fill(2, START.plus(Memory.RETENTION).plusMillis(1));

        assertThat(memory.size()).isEqualTo(Memory.CAPACITY);
        assertThat(memory.find(START + "-0")).isEmpty();
        assertThat(memory.find(START + "-1")).isEmpty();
        assertThat(memory.find(START + "-2")).isPresent();
    }

    @Test
    void whatIsNotSettledIsNeverForgotten() {
        memory.remember("open", "open", 1, START, "done"::equals);
        fill(Memory.CAPACITY, START.plusSeconds(1));
        fill(1, START.plus(Duration.ofDays(400)));

        assertThat(memory.find("open")).isPresent();
        assertThat(memory.size()).isEqualTo(Memory.CAPACITY);
    }

    @Test
    void whatMovesOnIsAsYoungAsItsLastStep() {
        memory.remember("moved", "open", 1, START, "done"::equals);
        fill(Memory.CAPACITY - 1, START);
        Instant later = START.plus(Duration.ofDays(400));
        memory.remember("moved", "done", 1, later, "done"::equals);
        fill(2, later);

        assertThat(memory.find("moved")).isPresent();
        assertThat(memory.size()).isEqualTo(Memory.CAPACITY);
    }
}
