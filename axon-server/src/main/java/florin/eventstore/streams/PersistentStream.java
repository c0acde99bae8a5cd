package florin.eventstore.streams;

import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.EventStorage;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.streams.SegmentPosition;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import io.axoniq.axonserver.grpc.streams.StreamStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One persistent stream: shares its segments among the clients that are connected, and keeps how far each was confirmed.
 * A segment changes hands in two steps, closed and then confirmed or timed out, so that no two clients work on it. What a client
 * confirms after the time is out is not taken for the segment that has the number then.
 */
final class PersistentStream {
    private static final int MAX_CLIENTS = 1000;
    private static final int MAX_PENDING_CHANGES = 16;
    private static final long CLOSE_TIMEOUT_SECONDS = 5;
    /** What a client confirms when it is done with a segment that was closed, or wants no more of it. */
    private static final long WORK_DONE = -45;
    /** Positions that move only because other segments' events were passed are written this seldom. */
    private static final long PASSED_UNWRITTEN = 1000;

    /** A connected client. */
    static final class Member {
        private final String clientId;
        private final Outbound<StreamSignal> out;
        /** By their number, segments that were taken from it before it was done with them. */
        private final Map<Integer, Overdue> overdue = new HashMap<>();

        private boolean leaving;

        Member(String clientId, Outbound<StreamSignal> out) {
            this.clientId = clientId;
            this.out = out;
        }

        /** Whether it confirms what it did in a segment that was taken from it, not in one of the same number that it has now. */
        private boolean isOverdue(int number, long position) {
            Overdue before = overdue.get(number);
            if (before == null || position > before.lastSent()) {
                return false;
            }
            if (position == WORK_DONE && before.segments() > 1) {
                overdue.put(number, new Overdue(before.segments() - 1, before.lastSent()));
            } else if (position == WORK_DONE) {
                overdue.remove(number);
            }
            return true;
        }
    }

    /**
     * What a client may still confirm of segments that were taken from it.
     *
     * @param segments how many it has not said to be done with
     * @param lastSent the index of the last event that it was sent in them
     */
    private record Overdue(int segments, long lastSent) {
        private Overdue and(Overdue other) {
            return new Overdue(segments + other.segments, Math.max(lastSent, other.lastSent));
        }
    }

    private static final class Segment {
        private final int number;
        private Member owner;
        private SegmentFeed feed;
        private boolean closing;
        private Future<?> closeTimer;
        private String error = "";

        Segment(int number) {
            this.number = number;
        }
    }

    private record Change(Consumer<StreamState> action, CompletableFuture<Void> done) {}

    private static final Logger LOG = LoggerFactory.getLogger(PersistentStream.class);

    private final String identifier;
    private final EventStorage storage;
    private final Executor readers;
    private final ScheduledExecutorService timer;
    private final long bytes;
    private StreamState state;
    private final List<Member> members = new ArrayList<>();
    private final List<Segment> segments = new ArrayList<>();
    private final Queue<Change> changes = new ArrayDeque<>();
    private long passedUnwritten;
    private boolean ended;

    PersistentStream(
            String identifier,
            StreamState state,
            EventStorage storage,
            Executor readers,
            ScheduledExecutorService timer) {
        this.identifier = identifier;
        this.state = state;
        this.storage = storage;
        this.readers = readers;
        this.timer = timer;
        bytes = state.bytes();
        layOut();
    }

    /** What it takes in memory, roughly; always the same. */
    long bytes() {
        return bytes;
    }

    private void layOut() {
        segments.clear();
        for (int i = 0; i < state.layout().segments(); i++) {
            segments.add(new Segment(i));
        }
    }

    synchronized void join(Member member) {
        requirePresent();
        if (members.size() >= MAX_CLIENTS) {
            throw Refusal.tooManyRequests(
                    ErrorCategory.OTHER,
                    MAX_CLIENTS + " clients have persistent stream " + identifier + " open already");
        }
        members.add(member);
        share();
    }

    synchronized void leave(Member member) {
        if (members.remove(member) && !ended) {
            for (Segment segment : segments) {
                if (segment.owner == member) {
                    release(segment);
                }
            }
            share();
        }
    }

    synchronized void request(Member member, int number, int permits) {
        Segment segment = ownedBy(member, number);
        if (segment != null) {
            segment.feed.permit(permits);
        }
    }

    synchronized void confirm(Member member, int number, long position) {
        if (member.isOverdue(number, position)) {
            return;
        }
        Segment segment = ownedBy(member, number);
        if (segment == null) {
            return;
        }
        if (position == WORK_DONE) {
            if (!segment.closing && !member.leaving) {
                leaves(member);
            }
            segment.feed.close();
            release(segment);
            share();
            return;
        }
        long done = segment.feed.confirm(position);
        if (done >= 0) {
            segment.error = "";
            moveTo(segment, done);
            writeSoon();
        }
    }

    /** It gives back what it has, and then leaves; if it stays all the same, it takes part again. */
    private void leaves(Member member) {
        member.leaving = true;
        var unused = afterCloseTimeout(() -> stays(member));
    }

    private synchronized void stays(Member member) {
        member.leaving = false;
        if (!ended) {
            share();
        }
    }

    synchronized void failed(Member member, int number, String error) {
        Segment segment = ownedBy(member, number);
        if (segment != null) {
            segment.error = error.substring(0, Math.min(error.length(), 1000));
        }
    }

    private Segment ownedBy(Member member, int number) {
        return !ended && number >= 0 && number < segments.size() && segments.get(number).owner == member
                ? segments.get(number)
                : null;
    }

    private synchronized void passed(Segment segment, SegmentFeed feed, long position) {
        if (segment.feed == feed) {
            passedUnwritten += moveTo(segment, position);
            if (passedUnwritten >= PASSED_UNWRITTEN) {
                writeSoon();
            }
        }
    }

    private long moveTo(Segment segment, long position) {
        long before = state.layout().position(segment.number);
        if (position > before) {
            state.confirm(segment.number, position);
            return position - before;
        }
        return 0;
    }

    /** Keeps progress: should it be lost, events are repeated, which every reader must bear. */
    private void writeSoon() {
        passedUnwritten = 0;
        CompletionStage<?> unused = storage.putStreamSoon(identifier, state.toBytes())
                .whenComplete((index, failure) -> {
                    if (failure != null) {
                        // The writer tells once what hinders all writes; this comes with each event that is confirmed.
                        LOG.debug("Progress of persistent stream {} was not kept: {}", identifier, failure.toString());
                    }
                });
    }

    /** Changes what is known of the stream once that is kept; a change that is refused has changed nothing. */
    private void change(Consumer<StreamState> action) {
        StreamState changed = StreamState.parse(identifier, state.toBytes());
        action.accept(changed);
        storage.putStream(identifier, changed.toBytes());
        state = changed;
        passedUnwritten = 0;
    }

    /**
     * Completes when the segments were taken back, changed, and shared out again. Name and number of segments change together or
     * not at all.
     *
     * @param name the name as before if it is empty
     */
    synchronized CompletionStage<Void> resize(int count, String name) {
        StreamState.segments(count);
        return changeAll(changed -> {
            changed.resize(count);
            if (!name.isEmpty()) {
                changed.rename(name);
            }
        });
    }

    synchronized CompletionStage<Void> reset(long position) {
        return changeAll(changed -> changed.resetTo(position));
    }

    synchronized void rename(String name) {
        requirePresent();
        change(renamed -> renamed.rename(name));
    }

    private CompletionStage<Void> changeAll(Consumer<StreamState> action) {
        requirePresent();
        if (changes.size() >= MAX_PENDING_CHANGES) {
            throw Refusal.tooManyRequests(
                    ErrorCategory.OTHER,
                    MAX_PENDING_CHANGES + " changes of persistent stream " + identifier + " wait already");
        }
        Change change = new Change(action, new CompletableFuture<>());
        changes.add(change);
        segments.stream().filter(segment -> segment.owner != null).forEach(this::close);
        share();
        return change.done();
    }

    /** Forgets the stream, and then ends it. What clients confirm meanwhile waits: it would be kept again. */
    synchronized void delete() {
        requirePresent();
        storage.removeStream(identifier);
        end(null);
    }

    /** Ends all connections to the stream; with a reason the clients come back, without one they do not. */
    synchronized void end(Refusal reason) {
        ended = true;
        segments.forEach(segment -> {
            if (segment.feed != null) {
                segment.feed.close();
            }
        });
        for (Member member : members) {
            if (reason == null) {
                member.out.complete();
            } else {
                member.out.fail(reason);
            }
        }
        members.clear();
        changes.forEach(change -> change.done().completeExceptionally(gone()));
        changes.clear();
    }

    private void requirePresent() {
        if (ended) {
            throw gone();
        }
    }

    private Refusal gone() {
        return Refusal.notFound("persistent stream " + identifier + " was deleted");
    }

    private void close(Segment segment) {
        if (segment.closing) {
            return;
        }
        segment.closing = true;
        SegmentFeed feed = segment.feed;
        feed.close();
        segment.closeTimer = afterCloseTimeout(() -> closedTooLong(segment, feed));
        if (segment.closeTimer == null) {
            release(segment);
        }
    }

    /** Null, and the action is not run, if the node is shutting down. */
    private Future<?> afterCloseTimeout(Runnable action) {
        try {
            // What follows may write, and the timer has other things to do.
            return timer.schedule(() -> readers.execute(action), CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    private synchronized void closedTooLong(Segment segment, SegmentFeed feed) {
        if (segment.feed == feed && !ended) {
            segment.owner.overdue.merge(segment.number, new Overdue(1, feed.lastSent()), Overdue::and);
            release(segment);
            share();
        }
    }

    private void release(Segment segment) {
        segment.feed.close();
        segment.feed = null;
        segment.owner = null;
        segment.closing = false;
        if (segment.closeTimer != null) {
            segment.closeTimer.cancel(false);
            segment.closeTimer = null;
        }
    }

    /** Applies what waits for free segments, gives each free one to the client with the fewest, and evens out. */
    private void share() {
        if (!changes.isEmpty()) {
            if (segments.stream().anyMatch(segment -> segment.owner != null)) {
                return;
            }
            applyChanges();
        }
        Map<Member, Integer> loads = new LinkedHashMap<>();
        members.stream().filter(member -> !member.leaving).forEach(member -> loads.put(member, 0));
        if (loads.isEmpty()) {
            return;
        }
        int onTheirWay = 0;
        for (Segment segment : segments) {
            if (segment.closing) {
                onTheirWay++;
            } else if (segment.owner != null) {
                loads.computeIfPresent(segment.owner, (member, load) -> load + 1);
            }
        }
        for (Segment segment : segments) {
            if (segment.owner == null) {
                Member member = fewest(loads);
                loads.merge(member, 1, Integer::sum);
                open(segment, member);
            }
        }
        for (int i = 0; i < onTheirWay; i++) {
            loads.merge(fewest(loads), 1, Integer::sum);
        }
        evenOut(loads);
    }

    private void evenOut(Map<Member, Integer> loads) {
        while (true) {
            Member poorest = fewest(loads);
            Member richest = loads.keySet().stream()
                    .max(Comparator.comparing(loads::get))
                    .orElseThrow();
            if (loads.get(richest) - loads.get(poorest) <= 1) {
                return;
            }
            Segment moved = segments.stream()
                    .filter(segment -> segment.owner == richest && !segment.closing)
                    .findFirst()
                    .orElse(null);
            if (moved == null) {
                return;
            }
            loads.merge(richest, -1, Integer::sum);
            loads.merge(poorest, 1, Integer::sum);
            close(moved);
        }
    }

    private static Member fewest(Map<Member, Integer> loads) {
        return loads.keySet().stream().min(Comparator.comparing(loads::get)).orElseThrow();
    }

    private void open(Segment segment, Member member) {
        segment.owner = member;
        SegmentFeed[] feed = new SegmentFeed[1];
        feed[0] = new SegmentFeed(
                member.out,
                readers,
                storage,
                state.filterOf(segment.number),
                state.layout().position(segment.number),
                position -> passed(segment, feed[0], position));
        segment.feed = feed[0];
        segment.feed.open();
    }

    private void applyChanges() {
        while (!changes.isEmpty()) {
            Change change = changes.remove();
            try {
                change(change.action());
                layOut();
                change.done().complete(null);
            } catch (Refusal refusal) {
                change.done().completeExceptionally(refusal);
            }
        }
    }

    /** More may be sent to the client. */
    synchronized void wake(Member member) {
        for (Segment segment : segments) {
            if (segment.owner == member) {
                segment.feed.wake();
            }
        }
    }

    synchronized StreamStatus status() {
        StreamStatus.Builder status = StreamStatus.newBuilder()
                .setStreamId(identifier)
                .setStreamName(state.definition().getStreamName())
                .setSequencingPolicy(state.definition().getSequencingPolicy())
                .setFilter(state.definition().getFilter());
        for (Segment segment : segments) {
            status.addSegments(SegmentPosition.newBuilder()
                    .setSegment(segment.number)
                    .setPosition(state.layout().position(segment.number))
                    .setClientId(segment.owner == null ? "" : segment.owner.clientId)
                    .setError(segment.error));
        }
        return status.build();
    }
}
