package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.ReservationState;
import florin.transfer.api.TransferId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What an account may forget, and what it then still knows. */
class MemoryTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration RETENTION = Duration.ofDays(2);
    private static final IdempotencyWindow WINDOW = new IdempotencyWindow(RETENTION, 100, 200);

    private final Memory<String> memory = new Memory<>();

    private void remember(String id, String state, Instant at) {
        memory.remember(id, state, 1, at, "done"::equals, WINDOW);
    }

    private void fill(int count, Instant at) {
        for (int index = 0; index < count; index++) {
            remember(at + "-" + index, "done", at);
        }
    }

    @Test
    void idsThatDifferAreKeptApart() {
        String uuid = "0d3f8a52-6c1e-4b7f-9a35-2f4e81c0b6d7";
        List<String> ids = List.of(
                uuid,
                "TRF-" + uuid,
                "TRF-" + uuid.toUpperCase(Locale.ROOT),
                "TRF-" + uuid.substring(1),
                "TRF-TRF-" + uuid,
                "TRF-1-1-1-1-1",
                "TRF-00000001-0001-0001-0001-000000000001",
                "TRF-00000000-0000-0000-0000-000000000000",
                "00000000-0000-0000-0000-000000000000",
                "TRF-",
                "no Unicode \ud800",
                "no Unicode \udc00",
                "no Unicode ?",
                "no Unicode \ufffd",
                "");
        ids.forEach(id -> remember(id, id, START));

        assertThat(ids)
                .allSatisfy(
                        id -> assertThat(memory.find(id).orElseThrow().state()).isEqualTo(id));
        assertThat(memory.size()).isEqualTo(ids.size());
        Memory<String> read = new Memory<>(memory.packed());
        assertThat(ids).allSatisfy(id -> assertThat(read.find(id)).isEqualTo(memory.find(id)));
        assertThat(read.size()).isEqualTo(ids.size());
        // An order too, by which a map finds those of one hash.
        Set<Memory.Id> ordered = new TreeSet<>();
        ids.forEach(id -> ordered.add(Memory.Id.of(id)));
        assertThat(ordered).hasSameSizeAs(ids);
    }

    @Property
    void aMemoryIsTheSameAfterItWasPacked(@ForAll("remembered") List<Remembered> all) {
        Memory<ReservationState> memory = new Memory<>();
        IdempotencyWindow window = new IdempotencyWindow(RETENTION, 5, 10);
        for (Remembered one : all) {
            memory.remember(one.id, one.state, one.amountMinor, one.at, any -> true, window);
        }

        Memory<ReservationState> read = new Memory<>(memory.packed());

        assertThat(read).usingRecursiveComparison().isEqualTo(memory);
        // In the same order too, oldest first.
        assertThat(read.packed()).usingRecursiveComparison().isEqualTo(memory.packed());
    }

    record Remembered(String id, ReservationState state, long amountMinor, Instant at) {}

    @Provide
    Arbitrary<List<Remembered>> remembered() {
        Arbitrary<String> ids = Arbitraries.oneOf(
                Arbitraries.strings().all().ofMaxLength(64),
                Arbitraries.strings().withCharRange('\ud7f0', '\ue010').ofMaxLength(3),
                Arbitraries.create(() -> UUID.randomUUID().toString()),
                Arbitraries.create(() -> TransferId.random().value()));
        return Combinators.combine(
                        ids,
                        Arbitraries.of(ReservationState.class),
                        Arbitraries.longs().between(0, Long.MAX_VALUE),
                        Arbitraries.longs().between(-1_000_000, 1L << 45).map(Instant::ofEpochMilli))
                .as(Remembered::new)
                .list()
                .ofMaxSize(20);
    }

    @Test
    void whatIsOldIsKeptWhileThereIsRoom() {
        fill(1, START);
        fill(WINDOW.kept() - 1, START.plus(Duration.ofDays(400)));

        assertThat(memory.find(START + "-0")).isPresent();
    }

    @Test
    void whatIsYoungIsKeptUpToTheMost() {
        fill(WINDOW.most() - 1, START);
        fill(1, START.plus(RETENTION));

        assertThat(memory.size()).isEqualTo(WINDOW.most());
        assertThat(memory.find(START + "-0")).isPresent();
    }

    @Test
    void beyondTheMostTheOldestIsForgottenWhateverItsAge() {
        fill(1, START);
        fill(WINDOW.most(), START.plusSeconds(1));

        assertThat(memory.size()).isEqualTo(WINDOW.most());
        assertThat(memory.find(START + "-0")).isEmpty();
    }

    @Test
    void whatIsOldAndBeyondTheNumberKeptIsForgottenOldestFirst() {
        fill(WINDOW.kept(), START);
        fill(2, START.plus(RETENTION).plusMillis(1));

        assertThat(memory.size()).isEqualTo(WINDOW.kept());
        assertThat(memory.find(START + "-0")).isEmpty();
        assertThat(memory.find(START + "-1")).isEmpty();
        assertThat(memory.find(START + "-2")).isPresent();
    }

    @Test
    void whatIsNotSettledIsNeverForgotten() {
        remember("open", "open", START);
        fill(WINDOW.most() + 5, START.plusSeconds(1));
        fill(1, START.plus(Duration.ofDays(400)));

        assertThat(memory.find("open")).isPresent();
        assertThat(memory.size()).isEqualTo(WINDOW.kept());
    }

    @Test
    void whatMovesOnIsAsYoungAsItsLastStep() {
        remember("moved", "open", START);
        fill(WINDOW.kept() - 1, START);
        Instant later = START.plus(Duration.ofDays(400));
        remember("moved", "done", later);
        fill(2, later);

        assertThat(memory.find("moved")).isPresent();
        assertThat(memory.size()).isEqualTo(WINDOW.kept());
    }

    @Test
    void aMemoryThatHasForgottenNothingKnowsThatAnythingElseIsNew() {
        fill(WINDOW.kept(), START);

        assertThat(memory.mayHaveForgotten(Instant.parse("2000-01-01T00:00:00Z")))
                .isFalse();
    }

    @Test
    void whatWasAskedForAfterTheYoungestThatIsForgottenIsKnownToBeNew() {
        fill(WINDOW.most() + 1, START);

        assertThat(memory.mayHaveForgotten(START.minusSeconds(60))).isTrue();
        assertThat(memory.mayHaveForgotten(START.plus(Memory.CLOCK_TOLERANCE))).isTrue();
        assertThat(memory.mayHaveForgotten(START.plus(Memory.CLOCK_TOLERANCE).plusMillis(1)))
                .isFalse();
    }
}
