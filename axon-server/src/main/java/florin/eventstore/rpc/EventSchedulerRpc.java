package florin.eventstore.rpc;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.Schedule;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.InstructionAck;
import io.axoniq.axonserver.grpc.event.CancelScheduledEventRequest;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventSchedulerGrpc;
import io.axoniq.axonserver.grpc.event.RescheduleEventRequest;
import io.axoniq.axonserver.grpc.event.ScheduleEventRequest;
import io.axoniq.axonserver.grpc.event.ScheduleToken;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.util.Comparator;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The EventScheduler service: schedules are on disk, timers only in memory and made again when a context opens. */
public final class EventSchedulerRpc extends EventSchedulerGrpc.EventSchedulerImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(EventSchedulerRpc.class);
    /** The rest of those that are due waits, so that other appends find room. */
    private static final int MAX_FIRING = 256;

    private static final String TOKEN = "token of a scheduled event";
    private static final long RETRY_MS = 1000;
    /** What hinders one hinders all that are due, and again each second: it is told so seldom. */
    private static final long WARNING_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final long CLOCK_CHECK_MS = 2000;
    /** If the clock was set by more than this, all wait anew; by less, an event is published so much too late. */
    private static final long CLOCK_TOLERANCE_MS = 500;

    private final Contexts contexts;
    private final Clock clock;
    private final ScheduledExecutorService timer;
    private final Executor readers;
    private final int maxSchedules;
    private final Map<String, Waiting> timers = new ConcurrentHashMap<>();
    private final Queue<Firing> due = new ConcurrentLinkedQueue<>();
    private final Semaphore firing = new Semaphore(MAX_FIRING);
    /** Of whoever publishes what is due; it runs while there are some. */
    private final AtomicInteger wakeUps = new AtomicInteger();

    private final AtomicLong warnedAt = new AtomicLong(System.nanoTime() - WARNING_NANOS);
    /** How far the clock was ahead of the one that timers go by; used by the timer alone. */
    private long clockAheadMs;

    /** Of a scheduled event no more than this is in memory. */
    private record Firing(String context, EventStorage storage, String token, long instant) {
        String key() {
            return EventSchedulerRpc.key(context, token);
        }
    }

    private record Waiting(Firing schedule, Future<?> timer) {}

    private static String key(String context, String token) {
        return context + '/' + token;
    }

    /**
     * @param clock tells when an event is due; it may be set while the node runs
     * @param maxSchedules how many may wait, of all contexts
     */
    public EventSchedulerRpc(
            Contexts contexts, Clock clock, ScheduledExecutorService timer, Executor readers, int maxSchedules) {
        this.contexts = contexts;
        this.clock = clock;
        this.timer = timer;
        this.readers = readers;
        this.maxSchedules = maxSchedules;
        contexts.onOpen((name, storage) -> storage.schedules().entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .forEach(schedule -> startTimer(new Firing(name, storage, schedule.getKey(), schedule.getValue()), 0)));
        contexts.onClose(name -> timers.keySet().removeIf(key -> {
            boolean gone = key.startsWith(name + '/');
            Waiting waiting = gone ? timers.get(key) : null;
            if (waiting != null) {
                waiting.timer().cancel(false);
            }
            return gone;
        }));
        clockAheadMs = clockAheadMs();
        // The timer ends with the node.
        var unused =
                timer.scheduleWithFixedDelay(this::checkClock, CLOCK_CHECK_MS, CLOCK_CHECK_MS, TimeUnit.MILLISECONDS);
    }

    private long clockAheadMs() {
        return clock.millis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** Timers go by a clock that nobody sets. When the other one was set, what waits for it waits anew. */
    private void checkClock() {
        long ahead = clockAheadMs();
        if (Math.abs(ahead - clockAheadMs) <= CLOCK_TOLERANCE_MS) {
            return;
        }
        LOG.info("The clock was set by {} ms", ahead - clockAheadMs);
        clockAheadMs = ahead;
        timers.values().stream()
                .map(Waiting::schedule)
                .sorted(Comparator.comparingLong(Firing::instant))
                .forEach(schedule -> timers.computeIfPresent(
                        schedule.key(),
                        (key, waiting) -> waiting.timer().cancel(false) ? waiting(waiting.schedule(), 0) : waiting));
    }

    @Override
    public void scheduleEvent(ScheduleEventRequest request, StreamObserver<ScheduleToken> observer) {
        keep(request.getInstant(), request.getEvent(), null, observer);
    }

    @Override
    public void rescheduleEvent(RescheduleEventRequest request, StreamObserver<ScheduleToken> observer) {
        Names.check(TOKEN, request.getToken());
        String replaced = request.getToken().isEmpty() ? null : request.getToken();
        keep(request.getInstant(), request.getEvent(), replaced, observer);
    }

    private void keep(long instant, Event event, String replaced, StreamObserver<ScheduleToken> observer) {
        EventStoreRpc.validate(event);
        String context = ContextHeader.current();
        boolean isOneMore = replaced == null || !timers.containsKey(key(context, replaced));
        if (isOneMore && timers.size() >= maxSchedules) {
            throw Refusal.tooManyRequests(
                    ErrorCategory.OTHER, "no more than " + maxSchedules + " events can be scheduled");
        }
        Outbound<ScheduleToken> out = Outbound.of(observer, () -> {});
        EventStorage storage = contexts.current();
        Schedule schedule = new Schedule(UUID.randomUUID().toString(), instant, event);
        storage.schedule(schedule, replaced).whenComplete((index, failure) -> {
            if (failure != null) {
                out.fail(failure);
                return;
            }
            if (replaced != null) {
                stopTimer(context, replaced);
            }
            startTimer(new Firing(context, storage, schedule.token(), instant), 0);
            out.send(ScheduleToken.newBuilder().setToken(schedule.token()).build());
            out.complete();
        });
    }

    @Override
    public void cancelScheduledEvent(CancelScheduledEventRequest request, StreamObserver<InstructionAck> observer) {
        Names.check(TOKEN, request.getToken());
        Outbound<InstructionAck> out = Outbound.of(observer, () -> {});
        String context = ContextHeader.current();
        contexts.current().cancelSchedule(request.getToken()).whenComplete((index, failure) -> {
            if (failure != null) {
                out.fail(failure);
                return;
            }
            stopTimer(context, request.getToken());
            out.send(Instructions.acknowledge(request.getToken()));
            out.complete();
        });
    }

    private void startTimer(Firing schedule, long minimumMs) {
        // What is due at once may be published before the timer is put here: to forget it waits for that.
        timers.compute(schedule.key(), (key, before) -> waiting(schedule, minimumMs));
    }

    private Waiting waiting(Firing schedule, long minimumMs) {
        long delayMs = Math.max(minimumMs, schedule.instant() - Math.min(schedule.instant(), clock.millis()));
        return new Waiting(schedule, timer.schedule(() -> isDue(schedule), delayMs, TimeUnit.MILLISECONDS));
    }

    private void isDue(Firing schedule) {
        if (schedule.instant() > clock.millis()) {
            startTimer(schedule, 0); // The clock was set back.
            return;
        }
        due.add(schedule);
        fireNext();
    }

    private void stopTimer(String context, String token) {
        Waiting waiting = timers.remove(key(context, token));
        if (waiting != null) {
            waiting.timer().cancel(false);
        }
    }

    private void fireNext() {
        if (wakeUps.getAndIncrement() == 0) {
            try {
                readers.execute(this::fireDue);
            } catch (RejectedExecutionException e) {
                // The node is shutting down; what is due is found when it starts again.
            }
        }
    }

    /** One after the other, so that they are published in the order in which they are due. */
    private void fireDue() {
        int seen;
        do {
            seen = wakeUps.get();
            while (!due.isEmpty() && firing.tryAcquire()) {
                fire(due.remove());
            }
        } while (wakeUps.addAndGet(-seen) != 0);
    }

    private void fire(Firing schedule) {
        CompletionStage<Long> fired;
        try {
            fired = schedule.storage()
                    .schedule(schedule.token())
                    .map(schedule.storage()::fire)
                    .orElseGet(() -> CompletableFuture.completedFuture(-1L));
        } catch (RuntimeException | Error unreadable) {
            fired = CompletableFuture.failedFuture(unreadable);
        }
        fired.whenComplete((index, failure) -> {
            firing.release();
            ended(schedule, failure);
            fireNext();
        });
    }

    private void ended(Firing schedule, Throwable failure) {
        if (failure == null) {
            timers.remove(schedule.key());
        } else if (Refusal.from(failure).category() == ErrorCategory.INVALID_EVENT_SEQUENCE) {
            LOG.error(
                    "Scheduled event {} is dropped: {}",
                    schedule.token(),
                    Names.forLog(String.valueOf(failure.getMessage())));
            schedule.storage().cancelSchedule(schedule.token());
            timers.remove(schedule.key());
        } else if (!timer.isShutdown() && !schedule.storage().isClosed()) {
            warn(schedule, failure);
            startTimer(schedule, RETRY_MS);
        } else {
            timers.remove(schedule.key());
        }
    }

    private void warn(Firing schedule, Throwable failure) {
        long now = System.nanoTime();
        long last = warnedAt.get();
        if (now - last >= WARNING_NANOS && warnedAt.compareAndSet(last, now)) {
            LOG.warn(
                    "Scheduled event {} of context {}, as perhaps others, is tried again each second: {}",
                    schedule.token(),
                    schedule.context(),
                    failure.getMessage());
        }
    }
}
