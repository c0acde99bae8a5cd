package florin.simulation;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What the simulation does to the bank, and at which steps of the protocol that cannot happen, and why not. */
enum Fault {
    COMMAND_DROPPED("a command is lost on its way"),
    COMMAND_DELAYED("a command comes up to five minutes late"),
    COMMAND_DUPLICATED("a command comes twice"),
    COMMAND_OVERTAKEN("a command is held until a later one of its transfer has come"),
    COMMAND_AFTER_RETRY("a command comes again when its transfer, parked meanwhile, was let go on"),
    COMMAND_DAYS_LATE("a command comes again after days, when the account has forgotten what it did"),
    COMMAND_UNSERVED("all instances of the service are down, for up to five minutes"),
    COMMAND_TO_TWO("two instances of the service decide on the same command at once"),
    COMMAND_REROUTED("a command comes to the instance that does not get its aggregate's commands"),
    RESULT_DROPPED("the answer is lost"),
    RESULT_DELAYED("the answer comes up to a minute late"),
    RESULT_DUPLICATED("the answer comes twice"),
    CRASH_BEFORE_APPEND("the service dies after it has decided, before its event is stored"),
    CLOCK_SET("the clock of the process that decides is set before that, up to four seconds forward or back"),
    FROZEN("the service stands still for 15 to 40 seconds after it has decided, and is taken for dead meanwhile"),
    CRASH_BEFORE_ANSWER("the service dies after its event is stored, before it answers"),
    APPEND_DELAYED("the event store takes up to five seconds"),
    APPEND_REFUSED("the event store is away"),
    APPEND_UNANSWERED("the event is stored, and the service hears that it is not"),
    APPEND_LATE(
            "the service hears that the event is not stored, and up to 20 seconds later it is, if its position is free still"),
    EVENT_DELAYED("the saga sees an event up to two minutes late"),
    EVENT_REDELIVERED("the saga's process dies after it has sent its commands, before it has saved"),
    CLAIM_STOLEN("another instance takes the saga's claim in the middle of its work"),
    SAGA_FROZEN("the saga's process stands still for 15 to 40 seconds before it has saved, and loses its claims"),
    SAVE_DELAYED("the saga takes up to five seconds to save, while a deadline may work on the other instance"),
    SAVE_UNANSWERED("what the saga has done is saved, and its process hears that it is not"),
    VIEW_DELAYED("the view sees an event up to two minutes late"),
    VIEW_REDELIVERED("the view's process dies before it has saved"),
    VIEW_STOLEN("another instance takes the view's claim in the middle of its work"),
    DEADLINE_DELAYED("a deadline is up to two minutes late"),
    DEADLINE_DONE("the process dies after the deadline's work is saved, which must not come again"),
    DEADLINE_CRASHED("the process dies after the deadline has sent its command, before it has saved"),
    SAGAS_LOST("every saga and every deadline is deleted"),
    TOKENS_LOST("every token of the transfer service is deleted, and its view with them or not"),
    DATABASE_LOST("the whole database of the transfer service is deleted"),
    REQUEST_REPEATED("the client repeats its request"),
    CANCELLED_BY_CLIENT("the client asks for cancellation"),
    ACCOUNT_BLOCKED("the source or the target is blocked, and unblocked up to five minutes later"),
    ACCOUNT_CLOSED("the source or the target is closed");

    private static final Set<Step> WITHOUT_DEADLINE = EnumSet.of(Step.REQUEST, Step.CALL_OFF, Step.PARK, Step.RESUME);
    private static final Set<Step> ENDS = EnumSet.of(Step.COMPLETE, Step.FAIL);
    private static final Set<Step> UNHEARD = EnumSet.of(Step.COMPLETE, Step.FAIL, Step.PARK);

    private final String description;

    Fault(String description) {
        this.description = description;
    }

    String description() {
        return description;
    }

    /** Why this cannot meet a step, if it cannot. */
    Optional<String> impossibleAt(Step step) {
        return switch (this) {
            case DEADLINE_DELAYED, DEADLINE_DONE, DEADLINE_CRASHED ->
                WITHOUT_DEADLINE.contains(step)
                        ? Optional.of(
                                "the step has no deadline: whoever asked for it, or the step under way, repeats it")
                        : Optional.empty();
            case ACCOUNT_BLOCKED, ACCOUNT_CLOSED ->
                ENDS.contains(step)
                        ? Optional.of("the transfer is over, nothing of it is left that this could meet")
                        : Optional.empty();
            case RESULT_DROPPED, RESULT_DELAYED, RESULT_DUPLICATED ->
                UNHEARD.contains(step)
                        ? Optional.of("nothing follows from the answer: whoever asked goes by the event")
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** Whether it takes away what only the reconciler brings back, of all transfers. */
    boolean isLoss() {
        return this == SAGAS_LOST || this == TOKENS_LOST || this == DATABASE_LOST;
    }

    /** Whether it strikes whatever its process or the service is at work on, not one transfer alone. */
    boolean strikesAllAtOnce() {
        return isLoss() || this == FROZEN || this == SAGA_FROZEN;
    }
}
