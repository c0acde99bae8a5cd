package florin.transfer.saga;

import florin.kit.DaemonThreads;
import florin.kit.QueryLimit;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Waits for transfers without holding a thread.
 *
 * <p>What this process's own view commits it sees at once. What another process of the service commits it sees when it next
 * looks at the table, for all that are waited for in one statement. Once the service is being stopped nobody waits any more:
 * each is told how its transfer stands.
 */
@Component
class TransferWatch implements SmartLifecycle {

    /** How long a transfer that was just accepted may take to appear in the view. */
    static final Duration APPEARANCE = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(TransferWatch.class);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final int THREADS = 2;

    private final TransferRows rows;
    private final QueryLimit limit;
    private final Map<String, Set<Waiter>> waiting = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(THREADS, new DaemonThreads("transfer-watch"));
    private volatile boolean isRunning;

    TransferWatch(TransferRows rows, QueryLimit limit) {
        this.rows = rows;
        this.limit = limit;
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public void start() {
        isRunning = true;
        ScheduledFuture<?> unused =
                timer.scheduleWithFixedDelay(this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Of all that is stopped among the first: the web server waits for open requests. */
    @Override
    public void stop() {
        isRunning = false;
        timer.shutdown(); // Whoever comes from now on is refused there, and so is told at once.
        Set<String> ids = Set.copyOf(waiting.keySet());
        if (ids.isEmpty()) {
            return;
        }
        BiConsumer<String, Waiter> end;
        try {
            Map<String, TransferDetails> found = new HashMap<>();
            limit.read(() -> rows.find(ids))
                    .forEach(row -> found.put(row.details().id().value(), row.details()));
            end = (id, waiter) -> waiter.answer.complete(Optional.ofNullable(found.get(id)));
        } catch (RuntimeException away) {
            end = (id, waiter) -> waiter.answer.completeExceptionally(away);
        }
        for (String id : ids) {
            for (Waiter waiter : waiting.getOrDefault(id, Set.of())) {
                end.accept(id, waiter);
            }
        }
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    /** The transfer once it is final, or as it stands when the time is up; empty if it does not appear. */
    CompletableFuture<Optional<TransferDetails>> await(TransferId id, Duration wait) {
        Waiter waiter = waiter(id, wait);
        see(id, waiter);
        if (!waiter.appeared) {
            lookAfter(
                    APPEARANCE,
                    id,
                    waiter,
                    found -> found.ifPresentOrElse(waiter::see, () -> waiter.answer.complete(found)));
        }
        Duration longest = waiter.appeared || wait.compareTo(APPEARANCE) > 0 ? wait : APPEARANCE;
        lookAfter(longest, id, waiter, waiter.answer::complete);
        return waiter.answer;
    }

    /**
     * The same for a transfer that was accepted, and so will appear.
     *
     * @param isOpen whether it was open a moment ago: then it is not worth a look yet
     */
    CompletableFuture<Optional<TransferDetails>> awaitAccepted(TransferId id, Duration wait, boolean isOpen) {
        Waiter waiter = waiter(id, wait);
        if (!isOpen) {
            see(id, waiter);
        }
        lookAfter(wait, id, waiter, waiter.answer::complete);
        return waiter.answer;
    }

    private void see(TransferId id, Waiter waiter) {
        look(id, waiter, found -> found.ifPresent(waiter::see));
    }

    private void end(TransferId id, Waiter waiter) {
        look(id, waiter, waiter.answer::complete);
    }

    private void look(TransferId id, Waiter waiter, Consumer<Optional<TransferDetails>> thereupon) {
        if (!waiter.answer.isDone()) {
            try {
                thereupon.accept(now(id));
            } catch (RuntimeException away) {
                waiter.answer.completeExceptionally(away);
            }
        }
    }

    private Waiter waiter(TransferId id, Duration wait) {
        Waiter waiter = new Waiter(wait);
        add(id, waiter);
        CompletableFuture<?> unused = waiter.answer.whenComplete((transfer, fault) -> remove(id, waiter));
        return waiter;
    }

    /** Tells those who wait for it how a transfer stands now. */
    void see(TransferDetails transfer) {
        waiting.getOrDefault(transfer.id().value(), Set.of()).forEach(waiter -> waiter.see(transfer));
    }

    /** How many wait now. */
    int waiters() {
        return waiting.values().stream().mapToInt(Set::size).sum();
    }

    private void look() {
        if (!waiting.isEmpty()) {
            try {
                limit.read(() -> rows.find(waiting.keySet())).forEach(row -> see(row.details()));
            } catch (RuntimeException away) {
                LOG.warn("The transfers that are waited for cannot be looked at now: {}", away.toString());
            } catch (Error broken) { // Thrown on, it would end the schedule.
                LOG.error("The transfers that are waited for cannot be looked at now", broken);
            }
        }
    }

    private void lookAfter(
            Duration delay, TransferId id, Waiter waiter, Consumer<Optional<TransferDetails>> thereupon) {
        if (waiter.answer.isDone()) {
            return;
        }
        Future<?> due;
        try {
            due = timer.schedule(() -> look(id, waiter, thereupon), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopped) {
            end(id, waiter);
            return;
        }
        CompletableFuture<?> unused = waiter.answer.whenComplete((transfer, fault) -> due.cancel(false));
    }

    private Optional<TransferDetails> now(TransferId id) {
        return limit.read(() -> rows.find(id.value())).map(TransferRow::details);
    }

    private void add(TransferId id, Waiter waiter) {
        waiting.compute(id.value(), (key, others) -> {
            Set<Waiter> all = others == null ? ConcurrentHashMap.newKeySet() : others;
            all.add(waiter);
            return all;
        });
    }

    private void remove(TransferId id, Waiter waiter) {
        waiting.computeIfPresent(id.value(), (key, all) -> {
            all.remove(waiter);
            return all.isEmpty() ? null : all;
        });
    }

    private static final class Waiter {
        private final CompletableFuture<Optional<TransferDetails>> answer = new CompletableFuture<>();
        private final Duration wait;
        private volatile boolean appeared;

        Waiter(Duration wait) {
            this.wait = wait;
        }

        void see(TransferDetails transfer) {
            appeared = true;
            if (wait.isZero() || transfer.status().isFinal()) {
                answer.complete(Optional.of(transfer));
            }
        }
    }
}
