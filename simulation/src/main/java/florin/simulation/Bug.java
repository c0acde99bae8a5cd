package florin.simulation;

import java.util.List;
import java.util.Optional;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.common.caching.Cache;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;

/**
 * A deliberate bug, put between the real parts: what one of them is told or remembers differs from what it should be. The
 * default of every method is no bug. {@link Bugs} lists them. One is made for each run, so it may remember what it saw.
 */
interface Bug {

    /** Nothing is wrong. */
    static Bug none() {
        return new Bug() {};
    }

    /** What an account or a transfer remembers of its own events. */
    default List<DomainEventMessage<?>> remembered(List<DomainEventMessage<?>> events) {
        return events;
    }

    /** What keeps the aggregates of a process in memory. */
    default Cache kept(Cache cache) {
        return cache;
    }

    /** Whether an aggregate in memory answers without asking the event store whether it has changed meanwhile. */
    default boolean answersStale() {
        return false;
    }

    /** The number of the last event that a snapshot is taken for to hold. */
    default long snapshotNumber(long number) {
        return number;
    }

    /** Whether the event store takes a second event of the same position. */
    default boolean acceptsAnyPosition() {
        return false;
    }

    /** What the saga and the reconciler send in place of a command. */
    default List<Object> sent(Object command, int attempt) {
        return List.of(command);
    }

    /** What is sent to the service in place of a message. */
    default CommandMessage<?> carried(CommandMessage<?> command) {
        return command;
    }

    /** What the saga and the reconciler hear in place of an answer, which may be an exception. */
    default Object heard(Object command, Object answer) {
        return answer;
    }

    /** What is sent besides, when an answer comes or fails to come. */
    default List<Object> provoked(Object command, Object answer) {
        return List.of();
    }

    /** What the saga or the view sees in place of an event; nothing skips it. */
    default Optional<EventMessage<?>> seen(Tracker.Kind kind, EventMessage<?> event) {
        return Optional.of(event);
    }

    /** Whether the view does not recognize events that it has shown before. */
    default boolean showsAgain() {
        return false;
    }

    /** Whether sagas go on although the token is lost that tells which events they have seen. */
    default boolean keepsSagasWithoutToken() {
        return false;
    }

    /** Whether the saga's events are skipped if its process dies while it handles them. */
    default boolean savesTokenFirst() {
        return false;
    }

    /** Whether a process saves what it has done although it has lost its claim. */
    default boolean savesUnclaimed() {
        return false;
    }

    /** Whether the sagas of a batch are written behind its first event, not its last. */
    default boolean writesBatchesFirst() {
        return false;
    }

    /** Whether a saga is written although another process has changed it since it was read. */
    default boolean overwritesSagas() {
        return false;
    }

    /** Whether deadlines die with a process. */
    default boolean forgetsDeadlines() {
        return false;
    }

    /** Whether the reconciler looks at nothing. */
    default boolean reconcilerSleeps() {
        return false;
    }

    /** Whether a client is answered before the event is stored. */
    default boolean answersFirst() {
        return false;
    }

    /** How often a fault strikes in ten thousand, for a bug that takes some faults together to show. */
    default int rate(Fault fault, int drawn) {
        return drawn;
    }

    /** How much an account keeps and keeps at most, if not what the scenario says. */
    default Optional<Integer> memory() {
        return Optional.empty();
    }

    /** Which machinery has to do it alone, if not what the scenario says. */
    default Optional<Scenario.Drivers> drivers() {
        return Optional.empty();
    }
}
