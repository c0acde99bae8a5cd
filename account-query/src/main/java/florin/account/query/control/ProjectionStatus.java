package florin.account.query.control;

import java.util.List;

/**
 * Where a projection stands. {@code head} is the position of the last event in the event store, {@code lag} how many
 * positions the slowest segment is behind it; a position is -1 before the first event.
 *
 * @param running whether this instance's processor runs
 * @param replaying whether any segment is still behind the point at which the projection was reset
 * @param deadLetters events that could not be handled and wait with all later ones of their account
 */
public record ProjectionStatus(
        String name,
        boolean running,
        boolean replaying,
        long head,
        long lag,
        long deadLetters,
        List<SegmentStatus> segments) {

    /** One share of the accounts; {@code error} is null unless the segment failed and is about to be retried. */
    public record SegmentStatus(int id, long position, boolean replaying, boolean caughtUp, String error) {}
}
