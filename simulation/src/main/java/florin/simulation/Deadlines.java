package florin.simulation;

import florin.transfer.saga.SimulatedSagaRows.Deadline;
import florin.transfer.saga.SimulatedTransfers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.axonframework.deadline.DeadlineMessage;

/**
 * Has the deadlines of sagas carried out by whichever process of the transfer service takes them first.
 *
 * <p>As in the service: whoever picks one has half a minute to carry it out before another may, dead or not; one that failed is
 * taken up again five seconds later, if it still stands then.
 */
final class Deadlines {

    private static final long POLL_MS = 1_000;
    private static final long AWAY_MS = 5_000;
    private static final long FAULT_MS = 5_000;
    private static final long PICKED_FOR_MS = 30_000;
    private static final long LONGEST_DELAY_MS = 120_000;

    private final Bank bank;
    /** By which picking. */
    private final Map<Deadline, String> picked = new HashMap<>();

    private int pickings;

    Deadlines(Bank bank) {
        this.bank = bank;
    }

    /** One that was set just now. */
    void set(Deadline deadline) {
        long delayMs = Duration.between(bank.time().instant(), deadline.due()).toMillis();
        bank.time()
                .after(delayMs + bank.chance().between("poll for " + deadline.id(), 0, POLL_MS), () -> take(deadline));
    }

    private void take(Deadline deadline) {
        if (!bank.database().sagas().stands(deadline) || picked.containsKey(deadline)) {
            return;
        }
        List<Node> live = bank.nodes(Bank.TRANSFERS).stream()
                .filter(node -> node.isUp() && !node.isFrozen())
                .toList();
        if (live.isEmpty()) {
            bank.time().after(AWAY_MS, () -> take(deadline));
            return;
        }
        String name = "deadline " + deadline.id() + " " + pickings++;
        Node node = bank.chance().pick("taker of " + name, live);
        picked.put(deadline, name);
        bank.time().after(PICKED_FOR_MS, () -> {
            if (picked.remove(deadline, name)) {
                take(deadline);
            }
        });
        String transfer = deadline.transferId();
        Step step = step(deadline);
        if (bank.faults().strikes(Fault.DEADLINE_DELAYED, step, transfer)) {
            node.after(
                    bank.chance().spread("delay of " + name, LONGEST_DELAY_MS),
                    () -> carryOut(deadline, node, step, transfer, name));
        } else {
            node.after(0, () -> carryOut(deadline, node, step, transfer, name));
        }
    }

    private void carryOut(Deadline deadline, Node node, Step step, String transfer, String name) {
        if (!node.busy().add("saga of " + transfer)) {
            node.after(5, () -> carryOut(deadline, node, step, transfer, name));
            return;
        }
        bank.history().add("due", node.name(), () -> deadline.name() + " " + deadline.payload() + " of " + transfer);
        DeadlineMessage<String> message = deadline.message();
        Work work = Work.begin(message, () -> {
            bank.saga(node).carryOut(message, deadline);
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
            if (bank.faults().strikes(Fault.SAVE_UNANSWERED, step, transfer)) {
                work.saveUnanswered(() -> {});
            }
            if (!work.commit()) {
                retry(deadline);
                return;
            }
            if (bank.faults().strikes(Fault.DEADLINE_DONE, step, transfer)) {
                node.crash(bank.chance().spread("down at " + name, Bank.LONGEST_DOWN_MS));
            }
        });
    }

    private void retry(Deadline deadline) {
        String unused = picked.remove(deadline);
        bank.time().after(FAULT_MS, () -> take(deadline));
    }

    /** A deadline's payload is the attempt that it is for, such as {@code CREDIT-2}. */
    private static Step step(Deadline deadline) {
        if (deadline.name().equals(SimulatedTransfers.TIME_LIMIT)) {
            return Step.EXPIRE;
        }
        String attempt = deadline.payload();
        return Step.valueOf(attempt.substring(0, attempt.indexOf('-')));
    }
}
