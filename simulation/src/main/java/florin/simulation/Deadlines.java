package florin.simulation;

import florin.transfer.saga.SimulatedTransfers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.common.IdentifierFactory;
import org.axonframework.deadline.AbstractDeadlineManager;
import org.axonframework.deadline.GenericDeadlineMessage;
import org.axonframework.messaging.ScopeDescriptor;
import org.axonframework.modelling.saga.SagaScopeDescriptor;

/**
 * Deadlines in the database of the transfer service, carried out by whichever of its processes takes them first.
 *
 * <p>As the durable ones of the service: one that is being carried out can no longer be cancelled, one whose process died
 * is taken up again half a minute later, one that failed five seconds later.
 */
final class Deadlines extends AbstractDeadlineManager {

    private static final long POLL_MS = 1_000;
    private static final long AWAY_MS = 5_000;
    private static final long FAULT_MS = 5_000;
    private static final long DEAD_MS = 30_000;
    private static final long LONGEST_DELAY_MS = 120_000;

    private final Bank bank;
    private int carriedOut;

    Deadlines(Bank bank) {
        this.bank = bank;
    }

    @Override
    public String schedule(Duration delay, String name, Object payload, ScopeDescriptor scope) {
        return schedule(bank.time().instant().plus(delay), name, payload, scope);
    }

    @Override
    public String schedule(Instant due, String name, Object payload, ScopeDescriptor scope) {
        String id = IdentifierFactory.getInstance().generateIdentifier();
        runOnPrepareCommitOrNow(() -> TransferDatabase.onCommit(() -> set(id, due, name, payload, scope)));
        return id;
    }

    private void set(String id, Instant due, String name, Object payload, ScopeDescriptor scope) {
        bank.database()
                .deadlines()
                .put(
                        id,
                        new TransferDatabase.Deadline(
                                id, GenericDeadlineMessage.asDeadlineMessage(name, payload, due), scope));
        long delayMs = Duration.between(bank.time().instant(), due).toMillis();
        bank.time().after(delayMs + bank.chance().between("poll for " + id, 0, POLL_MS), () -> take(id));
    }

    @Override
    public void cancelSchedule(String name, String id) {
        runOnPrepareCommitOrNow(() -> TransferDatabase.onCommit(() -> {
            TransferDatabase.Deadline deadline = bank.database().deadlines().get(id);
            if (deadline != null && deadline.pickedBy == null) {
                bank.database().deadlines().remove(id);
            }
        }));
    }

    @Override
    public void cancelAll(String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void cancelAllWithinScope(String name, ScopeDescriptor scope) {
        throw new UnsupportedOperationException();
    }

    /** What a process had picked when it died is free again after a while. */
    void died(Node node) {
        List<TransferDatabase.Deadline> picked =
                new ArrayList<>(bank.database().deadlines().values());
        picked.removeIf(deadline -> deadline.pickedBy != node);
        if (bank.bug().forgetsDeadlines()) {
            bank.database().deadlines().clear();
        }
        picked.forEach(deadline -> bank.time().after(DEAD_MS, () -> {
            deadline.pickedBy = null;
            take(deadline.id);
        }));
    }

    private void take(String id) {
        TransferDatabase.Deadline deadline = bank.database().deadlines().get(id);
        if (deadline == null || deadline.pickedBy != null) {
            return;
        }
        List<Node> live = bank.nodes(Bank.TRANSFERS).stream().filter(Node::isUp).toList();
        if (live.isEmpty()) {
            bank.time().after(AWAY_MS, () -> take(id));
            return;
        }
        String name = "deadline " + id + " " + carriedOut++;
        Node node = bank.chance().pick("taker of " + name, live);
        deadline.pickedBy = node;
        String saga = ((SagaScopeDescriptor) deadline.scope).getIdentifier().toString();
        String transfer = bank.database().transferOf(saga);
        Step step = step(deadline);
        if (bank.faults().strikes(Fault.DEADLINE_DELAYED, step, transfer)) {
            node.after(
                    bank.chance().spread("delay of " + name, LONGEST_DELAY_MS),
                    () -> carryOut(deadline, node, step, transfer, name));
        } else {
            node.after(0, () -> carryOut(deadline, node, step, transfer, name));
        }
    }

    private void carryOut(TransferDatabase.Deadline deadline, Node node, Step step, String transfer, String name) {
        if (!node.busy().add("saga of " + transfer)) {
            node.after(5, () -> carryOut(deadline, node, step, transfer, name));
            return;
        }
        bank.history()
                .add(
                        "due",
                        node.name(),
                        () -> deadline.message.getDeadlineName() + " " + deadline.message.getPayload() + " of "
                                + transfer);
        Work work = Work.begin(deadline.message, () -> {
            bank.saga(node).carryOut(deadline.message, deadline.scope);
            return null;
        });
        if (work.failure() != null) {
            node.busy().remove("saga of " + transfer);
            retry(deadline);
            return;
        }
        node.hold(work);
        if (bank.faults().strikes(Fault.DEADLINE_CRASHED, step, transfer)) {
            node.crash(bank.chance().spread("down at " + name, Bank.LONGEST_DOWN_MS));
            return;
        }
        node.after(bank.saveMs(step, transfer, name), () -> {
            node.letGo(work);
            node.busy().remove("saga of " + transfer);
            if (!work.commit()) {
                retry(deadline);
                return;
            }
            if (bank.faults().strikes(Fault.DEADLINE_REPEATED, step, transfer)) {
                node.crash(bank.chance().spread("down at " + name, Bank.LONGEST_DOWN_MS));
            } else {
                bank.database().deadlines().remove(deadline.id);
            }
        });
    }

    private void retry(TransferDatabase.Deadline deadline) {
        deadline.pickedBy = null;
        bank.time().after(FAULT_MS, () -> take(deadline.id));
    }

    /** A deadline's payload is the attempt that it is for, such as {@code CREDIT-2}. */
    private static Step step(TransferDatabase.Deadline deadline) {
        if (deadline.message.getDeadlineName().equals(SimulatedTransfers.TIME_LIMIT)) {
            return Step.EXPIRE;
        }
        String attempt = (String) deadline.message.getPayload();
        return Step.valueOf(attempt.substring(0, attempt.indexOf('-')));
    }
}
