package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** While it is not known whether the event store is the one of before, no transfer goes on of itself. */
class EventStoreUnknownTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final AtomicBoolean isKnown = new AtomicBoolean();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger looked = new AtomicInteger();

    private void requireEventStore() {
        asked.incrementAndGet();
        if (!isKnown.get()) {
            throw new IllegalStateException("not known");
        }
    }

    @Test
    void no_deadline_is_carried_out() {
        SagaRows rows = new SagaRows(null) {
            @Override
            Map<String, Map<String, SagaDeadline>> pickDue(Instant now, Instant until) {
                looked.incrementAndGet();
                return Map.of();
            }
        };
        SagaDeadlines deadlines = new SagaDeadlines(rows, null, null, null, Clock.systemUTC(), this::requireEventStore);

        deadlines.carryOutDue();
        assertThat(looked).hasValue(0);

        isKnown.set(true);
        deadlines.carryOutDue();
        assertThat(looked).hasValue(1);
    }

    @Test
    void no_transfer_that_stands_still_is_driven() {
        TransferRows rows = new TransferRows(null) {
            @Override
            List<TransferRow> findStandingStill(Instant movedBy, Instant drivenBy, Instant now) {
                looked.incrementAndGet();
                return List.of();
            }

            @Override
            List<TransferRow> findParked(Instant requestedBy, Instant movedBy) {
                return List.of();
            }
        };
        TransferProperties often = new TransferProperties(
                Duration.ofMinutes(1), 1, Duration.ofMillis(100), Duration.ofMillis(100), Duration.ZERO);
        TransferReconciler reconciler = new TransferReconciler(rows, null, null, often, this::requireEventStore);
        reconciler.start();
        try {
            await().atMost(PATIENCE).until(() -> asked.get() > 2);
            assertThat(looked).hasValue(0);

            isKnown.set(true);
            await().atMost(PATIENCE).until(() -> looked.get() > 0);
        } finally {
            reconciler.stop();
        }
    }
}
