package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.storage.EventStorage.AggregateEvents;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of aggregates that were read: never more than its bound, and never in place of what came later. */
class AggregateCacheTest extends OneStore {
    private static final int EVENT_BYTES = 1000;
    private static final int BOUND = 160_000;

    private final AggregateCache cache = new AggregateCache(BOUND);

    @Test
    void whatFollowsWhatIsKeptIsReadFromTheStore() throws Exception {
        append(storage, event("a", 0, "first"), event("a", 1, "second"));
        assertThat(texts("a", 0)).containsExactly("first", "second");
        assertThat(texts("a", 0)).containsExactly("first", "second");

        append(storage, event("b", 0, "other"), event("a", 2, "third"));

        assertThat(texts("a", 0)).containsExactly("first", "second", "third");
        assertThat(texts("a", 0)).containsExactly("first", "second", "third");
        assertThat(texts("a", 1)).containsExactly("second", "third");
        assertThat(texts("a", 3)).isEmpty();
        assertThat(fixture.resources
                        .aggregates()
                        .read(storage, "a", 0, Long.MAX_VALUE, 10, EVENT_BYTES)
                        .size())
                .isEqualTo(3);
    }

    @Test
    void whatIsReadOnceIsNotKept() throws Exception {
        append(storage, event("a", 0, "first"), event("a", 1, "second"));
        texts("a", 0);
        texts("a", 1);

        assertThat(fixture.resources.aggregates().bytes()).isZero();
    }

    @Test
    void twoContextsHaveTheirOwn() throws Exception {
        try (EventStorage other = fixture.open(folder.resolve("other"))) {
            append(storage, event("a", 0, "here"));
            append(other, event("a", 0, "there"));

            assertThat(texts("a", 0)).containsExactly("here");
            assertThat(texts("a", 0)).containsExactly("here");
            assertThat(other.readAggregate("a", 0, Long.MAX_VALUE, 10, 1000, true)
                            .events())
                    .extracting(each -> each.event().getPayload().getData().toStringUtf8())
                    .containsExactly("there");
        }
    }

    @Test
    void aClosedContextLeavesNothing() throws Exception {
        append(storage, event("a", 0, "first"));
        texts("a", 0);
        texts("a", 0);
        assertThat(fixture.resources.aggregates().bytes()).isPositive();

        storage.close();

        assertThat(fixture.resources.aggregates().bytes()).isZero();
    }

    @Test
    void theOneReadLongestAgoGoesFirst() {
        int aggregates = 100;
        gatherTwice("read-always", 0, events(1));
        for (int i = 0; i < aggregates; i++) {
            gatherTwice("aggregate-" + i, 0, events(10));
            assertThat(kept("read-always", 0)).isEqualTo(1);
            assertThat(cache.bytes()).isBetween(1, BOUND);
        }
        assertThat(kept("aggregate-" + (aggregates - 1), 0)).isEqualTo(10);
        assertThat(kept("aggregate-0", 0)).isZero();
    }

    @Test
    void aLongAggregateDoesNotDriveOutAllOthers() {
        gatherTwice("short", 0, events(5));
        for (int first = 0; first < 1000; first += 10) {
            gatherTwice("long", first, events(10));
        }
        assertThat(kept("short", 0)).isEqualTo(5);
        assertThat(cache.bytes()).isLessThan(BOUND / 8 + 10 * EVENT_BYTES);
    }

    @Test
    void anEventThatIsTooLargeIsNotKept() {
        gatherTwice("a", 0, List.of(new StoredEvent(0, new byte[BOUND / 8], 0)));

        assertThat(cache.bytes()).isZero();
    }

    @Test
    void readingStopsAtEachLimit() {
        gatherTwice("a", 5, events(10));

        assertThat(cache.read(storage, "a", 4, 14, 10, 1 << 20)).isEmpty();
        assertThat(cache.read(storage, "a", 6, 8, 10, 1 << 20)).hasSize(3);
        assertThat(cache.read(storage, "a", 6, 14, 2, 1 << 20)).hasSize(2);
        assertThat(cache.read(storage, "a", 6, 14, 10, EVENT_BYTES + 1)).hasSize(2);
        assertThat(cache.read(storage, "a", 6, 100, 100, 1 << 20)).hasSize(9);
    }

    private void gatherTwice(String aggregate, long first, List<StoredEvent> events) {
        cache.gathered(storage, aggregate, first, events, true);
        cache.gathered(storage, aggregate, first, events, true);
    }

    private int kept(String aggregate, long from) {
        return cache.read(storage, aggregate, from, Long.MAX_VALUE, 1000, 1 << 20)
                .size();
    }

    private List<String> texts(String aggregate, long from) {
        AggregateEvents read = storage.readAggregate(aggregate, from, Long.MAX_VALUE, 10, 1000, true);
        assertThat(read.isEnd()).isTrue();
        return read.events().stream()
                .map(each -> each.event().getPayload().getData().toStringUtf8())
                .toList();
    }

    private static List<StoredEvent> events(int count) {
        List<StoredEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(new StoredEvent(i, new byte[EVENT_BYTES], 0));
        }
        return events;
    }
}
