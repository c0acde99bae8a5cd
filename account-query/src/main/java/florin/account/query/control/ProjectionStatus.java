package florin.account.query.control;

import java.util.List;

/**
 * Where a projection stands. {@code head} is the position of the last event in the event store, {@code lag} how many
 * positions the slowest segment is behind it; a position is -1 before the first event.
 *
 * @param running whether this instance's processor runs
 * @param replaying whether the next generation is being built
 * @param deadLetters events that could not be handled and wait with all later ones of their account
 * @param generation the number of the generation that is read
 * @param building null unless the projection is being replayed
 */
public record ProjectionStatus(
        String name,
        boolean running,
        boolean replaying,
        long head,
        long lag,
        long deadLetters,
        long generation,
        List<SegmentStatus> segments,
        Building building) {

    /** One share of the accounts; {@code error} is null unless the segment failed and is about to be retried. */
    public record SegmentStatus(int id, long position, boolean caughtUp, String error) {}

    /** The generation that takes the place of the one that is read once it has come as far. */
    public record Building(long generation, long lag, long deadLetters, List<SegmentStatus> segments) {}
}
