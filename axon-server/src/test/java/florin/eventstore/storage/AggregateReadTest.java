package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.storage.EventStorage.AggregateEvents;
import io.axoniq.axonserver.grpc.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An aggregate is read whole and in order, however its events lie among those of others. */
class AggregateReadTest extends OneStore {
    private static final int AGGREGATES = 20;
    private static final int EVENTS = 6000;

    private final List<List<Event>> expected = new ArrayList<>();

    @BeforeEach
    void fill() throws Exception {
        for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
            expected.add(new ArrayList<>());
        }
        Random random = new Random(1);
        int written = 0;
        while (written < EVENTS) {
            // Sometimes one event, sometimes many in a row.
            int aggregate = random.nextInt(AGGREGATES);
            int run = random.nextInt(10) == 0 ? 1 + random.nextInt(60) : 1 + random.nextInt(2);
            Event[] events = new Event[run];
            for (int i = 0; i < run; i++) {
                List<Event> history = expected.get(aggregate);
                events[i] = event("aggregate-" + aggregate, history.size(), "x".repeat(random.nextInt(500)));
                history.add(events[i]);
            }
            append(storage, events);
            written += run;
        }
    }

    @Test
    void wholeHoweverSmallTheSteps() {
        for (int count : new int[] {1, 3, 7, 64, 256, 10_000}) {
            for (int bytes : new int[] {1, 700, 20_000, 1 << 20}) {
                for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
                    assertThat(read(aggregate, count, bytes))
                            .as("%d events, %d bytes a step", count, bytes)
                            .isEqualTo(expected.get(aggregate));
                }
            }
        }
    }

    /** What is in memory at once is bounded, whatever the events were like that came before. */
    @Test
    void largeEventsThatFollowSmallOnesAreNotReadAllTogether() throws Exception {
        int large = 1 << 20;
        for (int sequence = 0; sequence < 40; sequence++) {
            append(storage, event("grown", sequence, "x".repeat(sequence < 4 ? 10 : large)));
            append(storage, event("between", sequence, "x"));
        }

        AggregateEvents read = storage.readAggregate("grown", 0, Long.MAX_VALUE, 256, large, true);

        assertThat(read.events().stream().mapToLong(StoredEvent::size).sum()).isBetween((long) large, 10L * large);
    }

    @Test
    void betweenTwoSequenceNumbers() {
        AggregateEvents read = storage.readAggregate("aggregate-2", 10, 40, 1000, 1 << 20, true);
        assertThat(read.events())
                .extracting(StoredEvent::event)
                .isEqualTo(expected.get(2).subList(10, 41));
        assertThat(read.isEnd()).isTrue();
    }

    @Test
    void nothingOfAnAggregateWhoseNameOnlyBeginsTheSame() {
        assertThat(storage.readAggregate("aggregate-", 0, Long.MAX_VALUE, 10, 1 << 20, true)
                        .events())
                .isEmpty();
    }

    private List<Event> read(int aggregate, int count, int bytes) {
        fixture.resources.aggregates().forget(storage);
        List<Event> found = new ArrayList<>();
        AggregateEvents read;
        do {
            read = storage.readAggregate(
                    "aggregate-" + aggregate, found.size(), Long.MAX_VALUE, count, bytes, found.isEmpty());
            assertThat(read.events()).hasSizeLessThanOrEqualTo(count);
            read.events().forEach(event -> found.add(event.event()));
        } while (!read.isEnd());
        return found;
    }
}
