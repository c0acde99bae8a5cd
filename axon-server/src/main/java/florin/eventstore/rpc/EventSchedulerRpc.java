package florin.eventstore.rpc;

import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Instructions;
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
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The EventScheduler service: schedules are on disk, timers only in memory and made again when a context opens. */
public final class EventSchedulerRpc extends EventSchedulerGrpc.EventSchedulerImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(EventSchedulerRpc.class);
    private static final int MAX_SCHEDULES = 1_000_000;
    private static final long RETRY_MS = 1000;

    private final Contexts contexts;
    private final ScheduledExecutorService timer;
    private final Map<String, Future<?>> timers = new ConcurrentHashMap<>();

    public EventSchedulerRpc(Contexts contexts, ScheduledExecutorService timer) {
        this.contexts = contexts;
        this.timer = timer;
        contexts.onOpen(
                (name, storage) -> storage.schedules().forEach(schedule -> startTimer(name, storage, schedule, 0)));
        contexts.onClose(name -> timers.keySet().removeIf(key -> {
            boolean gone = key.startsWith(name + '/');
            Future<?> running = gone ? timers.get(key) : null;
            if (running != null) {
                running.cancel(false);
            }
            return gone;
        }));
    }

    @Override
    public void scheduleEvent(ScheduleEventRequest request, StreamObserver<ScheduleToken> observer) {
        keep(request.getInstant(), request.getEvent(), null, observer);
    }

    @Override
    public void rescheduleEvent(RescheduleEventRequest request, StreamObserver<ScheduleToken> observer) {
        String replaced = request.getToken().isEmpty() ? null : request.getToken();
        keep(request.getInstant(), request.getEvent(), replaced, observer);
    }

    private void keep(long instant, Event event, String replaced, StreamObserver<ScheduleToken> observer) {
        EventStoreRpc.validate(event);
        if (timers.size() >= MAX_SCHEDULES) {
            throw Refusal.tooManyRequests(
                    ErrorCategory.OTHER, "no more than " + MAX_SCHEDULES + " events can be scheduled");
        }
        Outbound<ScheduleToken> out = Outbound.of(observer, () -> {});
        String context = ContextHeader.current();
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
            startTimer(context, storage, schedule, 0);
            out.send(ScheduleToken.newBuilder().setToken(schedule.token()).build());
            out.complete();
        });
    }

    @Override
    public void cancelScheduledEvent(CancelScheduledEventRequest request, StreamObserver<InstructionAck> observer) {
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

    private void startTimer(String context, EventStorage storage, Schedule schedule, long minimumMs) {
        long now = System.currentTimeMillis();
        long delayMs = Math.max(minimumMs, schedule.instant() <= now ? 0 : schedule.instant() - now);
        timers.put(
                context + '/' + schedule.token(),
                timer.schedule(() -> fire(context, storage, schedule), delayMs, TimeUnit.MILLISECONDS));
    }

    private void stopTimer(String context, String token) {
        Future<?> running = timers.remove(context + '/' + token);
        if (running != null) {
            running.cancel(false);
        }
    }

    private void fire(String context, EventStorage storage, Schedule schedule) {
        storage.fire(schedule).whenComplete((index, failure) -> {
            if (failure == null) {
                timers.remove(context + '/' + schedule.token());
            } else if (Refusal.from(failure).category() == ErrorCategory.INVALID_EVENT_SEQUENCE) {
                LOG.error("Scheduled event {} is dropped: {}", schedule.token(), failure.getMessage());
                storage.cancelSchedule(schedule.token());
                timers.remove(context + '/' + schedule.token());
            } else if (!timer.isShutdown() && !storage.isClosed()) {
                LOG.warn("Scheduled event {} is tried again: {}", schedule.token(), failure.getMessage());
                startTimer(context, storage, schedule, RETRY_MS);
            } else {
                timers.remove(context + '/' + schedule.token());
            }
        });
    }
}
