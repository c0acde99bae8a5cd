package florin.simulation;

import florin.account.api.AccountCommand;
import florin.transfer.api.TransferCommand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.NoHandlerForCommandException;

/** Carries commands to the services and answers back, as badly as the faults have it. */
final class Network {

    private static final long LONGEST_DELAY_MS = 300_000;
    private static final long LONGEST_RESULT_DELAY_MS = 60_000;
    private static final long LONGEST_HOLD_MS = 600_000;
    private static final long LONGEST_APPEND_MS = 5_000;
    private static final long LONGEST_OUTAGE_MS = 300_000;

    private final Bank bank;
    private final Map<String, Integer> sent = new HashMap<>();
    private final Map<Object, List<Runnable>> held = new HashMap<>();
    private final List<CommandMessage<?>> forLater = new ArrayList<>();
    private int underWay;

    Network(Bank bank) {
        this.bank = bank;
    }

    /** Commands that are to come again when days have passed. */
    List<CommandMessage<?>> forLater() {
        return forLater;
    }

    /** Whether no command and no answer is on its way. */
    boolean isQuiet() {
        return underWay == 0;
    }

    /** Sends a command; the answer, if one comes, is a payload or a {@link Throwable}. */
    void send(String from, CommandMessage<?> original, Consumer<Object> onAnswer) {
        CommandMessage<?> command = bank.bug().carried(original);
        Object payload = command.getPayload();
        Step step = Step.of(payload);
        Object subject = subject(payload);
        String kind = payload.getClass().getSimpleName() + " of " + subject;
        String name = kind + " " + sent.merge(kind, 1, Integer::sum);
        bank.history().add("send", from, () -> payload);
        Faults faults = bank.faults();
        Runnable delivery = () -> deliver(command, step, subject, name, onAnswer);
        long latencyMs = bank.chance().between("latency of " + name, 1, 20);
        if (step != null && faults.strikes(Fault.COMMAND_DAYS_LATE, step, subject)) {
            forLater.add(command);
        }
        if (faults.strikes(Fault.COMMAND_DROPPED, step, subject)) {
            return;
        }
        if (step != null && faults.wants(Fault.COMMAND_OVERTAKEN, step, subject)) {
            hold(subject, step, delivery);
            return;
        }
        if (faults.strikes(Fault.COMMAND_DELAYED, step, subject)) {
            latencyMs = 1_000 + bank.chance().spread("delay of " + name, LONGEST_DELAY_MS);
        }
        carry(latencyMs, delivery);
        if (faults.strikes(Fault.COMMAND_DUPLICATED, step, subject)) {
            carry(
                    bank.chance().spread("second of " + name, LONGEST_DELAY_MS),
                    () -> deliver(command, step, subject, name + " again", answer -> {}));
        }
    }

    private void carry(long delayMs, Runnable delivery) {
        underWay++;
        bank.time().after(delayMs, () -> {
            underWay--;
            delivery.run();
        });
    }

    /** Keeps a command back until another of its transfer has come, or for ten minutes. */
    private void hold(Object subject, Step step, Runnable delivery) {
        boolean[] gone = {false};
        Runnable once = () -> {
            if (!gone[0]) {
                gone[0] = true;
                delivery.run();
            }
        };
        held.computeIfAbsent(subject, any -> new ArrayList<>()).add(() -> {
            bank.faults().met(Fault.COMMAND_OVERTAKEN, step);
            carry(5, once);
        });
        carry(LONGEST_HOLD_MS, once);
    }

    private void deliver(CommandMessage<?> command, Step step, Object subject, String name, Consumer<Object> onAnswer) {
        List<Node> nodes = bank.nodes(service(command.getPayload()));
        if (nodes.stream().anyMatch(Node::isUp) && bank.faults().wants(Fault.COMMAND_UNSERVED, step, subject)) {
            long outageMs = bank.chance().spread("outage at " + name, LONGEST_OUTAGE_MS);
            nodes.forEach(node -> node.crash(outageMs));
        }
        List<Node> live = nodes.stream().filter(Node::isUp).toList();
        if (live.isEmpty()) {
            bank.faults().met(Fault.COMMAND_UNSERVED, bank.faults().over() ? null : step);
            answer(name, step, subject, new NoHandlerForCommandException(command), onAnswer);
            return;
        }
        // Consistent hashing: always the same one of those that are up.
        Node node = live.get((int) bank.chance()
                .between("route of " + routingKey(command.getPayload()) + " " + live.size(), 0, live.size() - 1));
        if (live.size() > 1 && bank.faults().strikes(Fault.COMMAND_TO_TWO, step, subject)) {
            Node rival = live.get(1 - live.indexOf(node));
            handle(rival, command, step, subject, name + " at the rival", true, answer -> {});
            handle(node, command, step, subject, name, true, onAnswer);
        } else {
            handle(node, command, step, subject, name, false, onAnswer);
        }
        List<Runnable> overtaken = held.remove(subject);
        if (overtaken != null) {
            overtaken.forEach(Runnable::run);
        }
    }

    private void handle(
            Node node,
            CommandMessage<?> command,
            Step step,
            Object subject,
            String name,
            boolean rivals,
            Consumer<Object> onAnswer) {
        String aggregate = routingKey(command.getPayload());
        if (!node.busy().add(aggregate)) {
            node.after(5, () -> handle(node, command, step, subject, name, rivals, onAnswer));
            return;
        }
        node.after(0, () -> {
            Work work = Work.begin(command, () -> node.handler().handle(command));
            if (work.failure() != null) {
                node.busy().remove(aggregate);
                answer(name, step, subject, work.failure(), onAnswer);
                return;
            }
            node.hold(work);
            if (bank.bug().answersFirst()) {
                answer(name, step, subject, work.result(), onAnswer);
            }
            Faults faults = bank.faults();
            if (faults.strikes(Fault.CRASH_BEFORE_APPEND, step, subject)) {
                crash(node, name);
                return;
            }
            long appendMs = rivals ? 10 : 1;
            if (faults.strikes(Fault.APPEND_DELAYED, step, subject)) {
                appendMs = bank.chance().spread("append of " + name, LONGEST_APPEND_MS);
            }
            node.after(appendMs, () -> append(node, work, aggregate, step, subject, name, onAnswer));
        });
    }

    private void append(
            Node node, Work work, String aggregate, Step step, Object subject, String name, Consumer<Object> onAnswer) {
        Faults faults = bank.faults();
        NodeEventStore.Append how = NodeEventStore.Append.DONE;
        if (faults.strikes(Fault.APPEND_REFUSED, step, subject)) {
            how = NodeEventStore.Append.REFUSED;
        } else if (faults.strikes(Fault.APPEND_UNANSWERED, step, subject)) {
            how = NodeEventStore.Append.UNANSWERED;
        }
        node.letGo(work);
        node.busy().remove(aggregate);
        node.store().next(how);
        Object outcome = work.commit() ? work.result() : work.failure();
        if (faults.strikes(Fault.CRASH_BEFORE_ANSWER, step, subject)) {
            crash(node, name);
        } else if (!bank.bug().answersFirst()) {
            answer(name, step, subject, outcome, onAnswer);
        }
    }

    private void crash(Node node, String name) {
        node.crash(bank.chance().spread("down at " + name, Bank.LONGEST_DOWN_MS));
    }

    private void answer(String name, Step step, Object subject, Object outcome, Consumer<Object> onAnswer) {
        Faults faults = bank.faults();
        bank.history()
                .add(
                        "answer",
                        "",
                        () -> name + ": " + (outcome instanceof Throwable failure ? failure.getMessage() : outcome));
        if (faults.strikes(Fault.RESULT_DROPPED, step, subject)) {
            return;
        }
        long latencyMs = bank.chance().between("latency back of " + name, 1, 20);
        if (faults.strikes(Fault.RESULT_DELAYED, step, subject)) {
            latencyMs = 1_000 + bank.chance().spread("delay back of " + name, LONGEST_RESULT_DELAY_MS);
        }
        carry(latencyMs, () -> onAnswer.accept(outcome));
        if (faults.strikes(Fault.RESULT_DUPLICATED, step, subject)) {
            carry(latencyMs + 1_000, () -> onAnswer.accept(outcome));
        }
    }

    /** The transfer that a command is of, otherwise its account. */
    static Object subject(Object payload) {
        Object transfer = Step.transferOf(payload);
        return Objects.requireNonNullElseGet(transfer, () -> routingKey(payload));
    }

    private static String service(Object payload) {
        return payload instanceof AccountCommand command ? command.iban().branch() : Bank.TRANSFERS;
    }

    private static String routingKey(Object payload) {
        return payload instanceof AccountCommand command
                ? command.iban().value()
                : ((TransferCommand) payload).transferId().value();
    }
}
