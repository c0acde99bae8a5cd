package florin.simulation;

import florin.kit.SimulatedBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;

/**
 * A process's event processor: reads the log in order from its token, as long as it holds the claim.
 *
 * <p>It handles up to eight events in one unit of work, and saves what came of them together with its token.
 */
final class Tracker {

    static final long CLAIM_TIMEOUT_MS = 10_000;

    private static final long LONGEST_DELAY_MS = 120_000;
    private static final long RETRY_MS = 1_000;

    /** What it does with events: the saga's handling, or the view's. */
    interface Handling {
        void handle(EventMessage<?> event);
    }

    /** The faults of this kind of processor. */
    record Kind(String name, Fault delayed, Fault redelivered, Fault stolen, boolean ofSagas) {

        static final Kind SAGA =
                new Kind("saga", Fault.EVENT_DELAYED, Fault.EVENT_REDELIVERED, Fault.CLAIM_STOLEN, true);
        static final Kind VIEW = new Kind("view", Fault.VIEW_DELAYED, Fault.VIEW_REDELIVERED, Fault.VIEW_STOLEN, false);
    }

    private final Bank bank;
    private final Node node;
    private final Kind kind;
    private final Handling handling;
    private boolean atWork;
    private int batches;

    Tracker(Bank bank, Node node, Kind kind, Handling handling) {
        this.bank = bank;
        this.node = node;
        this.kind = kind;
        this.handling = handling;
        node.onStart(() -> {
            atWork = false;
            wake(0);
        });
        node.onCrash(this::abandon);
    }

    /** Whether it could take over the other's claim: a process claims nothing again before it has ended its own work on it. */
    boolean canStealFrom(Tracker other) {
        return kind.equals(other.kind) && node != other.node && node.isUp() && !node.isFrozen() && !atWork;
    }

    void wake(long delayMs) {
        node.after(delayMs, this::look);
    }

    private TransferDatabase.Token token() {
        return bank.database().token(kind.name());
    }

    /** The claim of a dead process is free when it times out. */
    private void abandon() {
        TransferDatabase.Token token = token();
        if (token.isOwnedBy(node)) {
            long freeAtMs = bank.time().nowMs() + CLAIM_TIMEOUT_MS;
            token.release(freeAtMs);
            bank.time().after(CLAIM_TIMEOUT_MS, () -> bank.wakeTrackers(0));
        }
    }

    private void look() {
        TransferDatabase.Token token = token();
        if (atWork) {
            return;
        }
        if (!token.isOwnedBy(node)) {
            boolean isFree = token.owner == null
                    ? bank.time().nowMs() >= token.freeAtMs
                    : token.owner.isFrozenFor(CLAIM_TIMEOUT_MS);
            if (!isFree) {
                return;
            }
            token.claim(node);
        }
        if (token.position == TransferDatabase.Token.NEW) {
            token.position = kind.ofSagas() ? bank.lookBack() : 0;
        }
        if (token.position >= bank.log().size()) {
            return;
        }
        atWork = true;
        String name = kind.name() + " " + node.name() + " " + node.life() + " " + batches++;
        long most = bank.chance().between("size of " + name, 1, 8);
        List<DomainEventMessage<?>> batch = new ArrayList<>();
        for (int at = token.position; at < bank.log().size() && batch.size() < most; at++) {
            batch.add(bank.log().get(at));
        }
        Step step = Step.of(batch.get(0).getPayload());
        Object transfer = Step.transferOf(batch.get(0).getPayload());
        long delayMs = bank.faults().strikes(kind.delayed(), step, transfer)
                ? bank.chance().spread("delay of " + name, LONGEST_DELAY_MS)
                : 0;
        node.after(delayMs, () -> handle(batch, name));
    }

    private void handle(List<DomainEventMessage<?>> batch, String name) {
        TransferDatabase.Token token = token();
        if (!token.isOwnedBy(node)) {
            atWork = false;
            return;
        }
        List<String> locks = locks(batch);
        if (locks.stream().anyMatch(node.busy()::contains)) {
            node.after(5, () -> handle(batch, name));
            return;
        }
        node.busy().addAll(locks);
        int next = token.position + batch.size();
        if (bank.bug().savesTokenFirst() && kind.ofSagas()) {
            token.position = next;
        }
        Work work = begin(batch);
        if (work.failure() instanceof Death) {
            node.crash(bank.chance().spread("down at " + name, Bank.LONGEST_DOWN_MS));
            return;
        }
        if (work.failure() != null) {
            bank.history().add("fault", node.name(), () -> kind.name() + " cannot handle: " + work.failure());
            node.busy().removeAll(locks);
            atWork = false;
            wake(RETRY_MS);
            return;
        }
        node.hold(work);
        DomainEventMessage<?> last = batch.get(batch.size() - 1);
        if (kind.ofSagas() && strikes(Fault.SAGA_FROZEN, last)) {
            bank.freeze(node, name);
        }
        long saveMs =
                kind.ofSagas() ? bank.saveMs(Step.of(last.getPayload()), Step.transferOf(last.getPayload()), name) : 1;
        node.after(saveMs, () -> save(work, locks, next, batch));
    }

    private Work begin(List<DomainEventMessage<?>> batch) {
        List<EventMessage<?>> events = new ArrayList<>();
        batch.forEach(event -> bank.bug().seen(kind, event).ifPresent(events::add));
        if (events.isEmpty()) {
            return Work.begin(batch.get(0), () -> null);
        }
        boolean isWrittenLast = !(kind.ofSagas() && bank.bug().writesBatchesFirst());
        return Work.begin(new SimulatedBatch(events, isWrittenLast), event -> {
            handling.handle(event);
            loseClaim(event);
            if (strikes(kind.redelivered(), event)) {
                throw new Death();
            }
            return null;
        });
    }

    /** The process dies in the middle of a batch. */
    private static final class Death extends RuntimeException {
        Death() {
            super("The process dies", null, false, false);
        }
    }

    private boolean strikes(Fault fault, EventMessage<?> event) {
        Step step = Step.of(event.getPayload());
        return step != null && bank.faults().strikes(fault, step, Step.transferOf(event.getPayload()));
    }

    /** Perhaps, so that what has been done cannot be saved. */
    private void loseClaim(EventMessage<?> event) {
        Optional<Tracker> thief = bank.thiefFor(this);
        if (thief.isPresent() && strikes(kind.stolen(), event)) {
            token().claim(thief.get().node);
            bank.wakeTrackers(0);
        }
    }

    private void save(Work work, List<String> locks, int next, List<DomainEventMessage<?>> batch) {
        TransferDatabase.Token token = token();
        node.letGo(work);
        node.busy().removeAll(locks);
        atWork = false;
        if (!token.isOwnedBy(node) && !bank.bug().savesUnclaimed()) {
            bank.history().add("stolen", node.name(), () -> kind.name() + " does not save what it has done");
            work.rollback();
            return;
        }
        if (kind.ofSagas() && strikes(Fault.SAVE_UNANSWERED, batch.get(batch.size() - 1))) {
            work.saveUnanswered(() -> token.position = next);
        }
        if (!work.commit()) {
            bank.history()
                    .add(
                            "fault",
                            node.name(),
                            () -> kind.name() + " cannot save: "
                                    + work.failure().getMessage());
            wake(RETRY_MS);
            return;
        }
        token.position = next;
        wake(0);
        if (!kind.ofSagas()) {
            bank.viewChanged();
        }
        for (DomainEventMessage<?> event : batch) {
            if (bank.loseWhat(kind, event)) {
                return;
            }
        }
    }

    private List<String> locks(List<DomainEventMessage<?>> batch) {
        return kind.ofSagas()
                ? batch.stream()
                        .map(event -> Step.transferOf(event.getPayload()))
                        .filter(transfer -> transfer != null)
                        .map(transfer -> "saga of " + transfer)
                        .distinct()
                        .collect(Collectors.toList())
                : List.of();
    }
}
