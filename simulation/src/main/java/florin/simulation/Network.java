package florin.simulation;

import florin.account.api.AccountCommand;
import florin.kit.SimulatedCommandBus;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.TransferCommand;
import florin.transfer.api.TransferId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.NoHandlerForCommandException;
import org.axonframework.eventhandling.EventMessage;

/** Carries commands to the services and answers back, as badly as the faults have it. */
final class Network {

    private static final long LONGEST_DELAY_MS = 300_000;
    private static final long LONGEST_RESULT_DELAY_MS = 60_000;
    private static final long LONGEST_HOLD_MS = 600_000;
    private static final long LONGEST_APPEND_MS = 5_000;
    private static final long LONGEST_LATE_APPEND_MS = 20_000;
    private static final long LONGEST_OUTAGE_MS = 300_000;
    private static final long TAKEN_FOR_DEAD_MS = 5_000;
    private static final long APPEND_MS = 1;
    private static final long RIVALS_APPEND_MS = 10;
    private static final long BUSY_MS = 5;

    private final Bank bank;
    private final Map<String, Integer> sent = new HashMap<>();
    private final Map<Object, List<Runnable>> held = new HashMap<>();
    private final Map<Object, List<Delivery>> untilRetry = new HashMap<>();
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

    /**
     * One sending of a command: at which step of what, by which name chance knows it, and who waits for its answer, whether or not
     * anything follows from that.
     */
    private record Delivery(
            CommandMessage<?> command,
            Step step,
            Object subject,
            String name,
            boolean isHeard,
            Consumer<Object> onAnswer) {

        Delivery again() {
            return unheard(name + " again");
        }

        /** The same, with an answer that nobody waits for. */
        Delivery unheard(String otherName) {
            return new Delivery(command, step, subject, otherName, false, answer -> {});
        }

        String aggregate() {
            return routingKey(command.getPayload());
        }
    }

    /**
     * Sends a command; the answer, if one comes, is a payload or a {@link Throwable}. {@code isHeard} tells whether anything follows
     * from it.
     */
    void send(String from, CommandMessage<?> original, boolean isHeard, Consumer<Object> onAnswer) {
        CommandMessage<?> command = bank.bug().carried(original);
        Object payload = command.getPayload();
        Object subject = subject(payload);
        String kind = payload.getClass().getSimpleName() + " of " + subject;
        String name = kind + " " + sent.merge(kind, 1, Integer::sum);
        bank.history().add("send", from, () -> payload);
        if (original.getPayload() instanceof ParkTransfer parking) {
            bank.books().asked(parking);
        }
        Delivery delivery = new Delivery(command, Step.of(payload), subject, name, isHeard, onAnswer);
        boolean ofTransfer = delivery.step() != null;
        if (ofTransfer && strikes(Fault.COMMAND_DAYS_LATE, delivery)) {
            forLater.add(command);
        }
        if (ofTransfer && wants(Fault.COMMAND_AFTER_RETRY, delivery)) {
            untilRetry.computeIfAbsent(subject, any -> new ArrayList<>()).add(delivery);
        }
        if (strikes(Fault.COMMAND_DROPPED, delivery)) {
            return;
        }
        if (ofTransfer && wants(Fault.COMMAND_OVERTAKEN, delivery)) {
            hold(delivery);
            return;
        }
        long latencyMs = strikes(Fault.COMMAND_DELAYED, delivery)
                ? 1_000 + bank.chance().spread("delay of " + name, LONGEST_DELAY_MS)
                : bank.chance().between("latency of " + name, 1, 20);
        carry(latencyMs, () -> deliver(delivery));
        if (strikes(Fault.COMMAND_DUPLICATED, delivery)) {
            carry(bank.chance().spread("second of " + name, LONGEST_DELAY_MS), () -> deliver(delivery.again()));
        }
    }

    /** A transfer that was parked has been let go on: what is of before comes again. */
    void retried(TransferId transfer) {
        List<Delivery> before = untilRetry.remove(transfer);
        if (before != null) {
            before.forEach(delivery -> {
                bank.faults().met(Fault.COMMAND_AFTER_RETRY, delivery.step());
                carry(
                        bank.chance().spread("return of " + delivery.name(), LONGEST_DELAY_MS),
                        () -> deliver(delivery.again()));
            });
        }
    }

    private void carry(long delayMs, Runnable arrival) {
        underWay++;
        bank.time().after(delayMs, () -> {
            underWay--;
            arrival.run();
        });
    }

    /** Keeps a command back until another of its transfer has come, or for ten minutes. */
    private void hold(Delivery delivery) {
        boolean[] gone = {false};
        Runnable once = () -> {
            if (!gone[0]) {
                gone[0] = true;
                deliver(delivery);
            }
        };
        held.computeIfAbsent(delivery.subject(), any -> new ArrayList<>()).add(() -> {
            bank.faults().met(Fault.COMMAND_OVERTAKEN, delivery.step());
            carry(5, once);
        });
        carry(LONGEST_HOLD_MS, once);
    }

    private void deliver(Delivery delivery) {
        List<Node> nodes = bank.nodes(service(delivery.command().getPayload()));
        if (nodes.stream().anyMatch(Node::isUp) && wants(Fault.COMMAND_UNSERVED, delivery)) {
            long outageMs = bank.chance().spread("outage at " + delivery.name(), LONGEST_OUTAGE_MS);
            nodes.forEach(node -> node.crash(outageMs));
        }
        List<Node> live = nodes.stream()
                .filter(node -> node.isUp() && !node.isFrozenFor(TAKEN_FOR_DEAD_MS))
                .toList();
        if (live.isEmpty()) {
            bank.faults().met(Fault.COMMAND_UNSERVED, delivery.step());
            answer(delivery, new NoHandlerForCommandException(delivery.command()));
            return;
        }
        Node node = route(delivery, live);
        if (live.size() > 1 && strikes(Fault.COMMAND_REROUTED, delivery)) {
            node = live.get(1 - live.indexOf(node));
        }
        if (live.size() > 1 && strikes(Fault.COMMAND_TO_TWO, delivery)) {
            handle(
                    live.get(1 - live.indexOf(node)),
                    delivery.unheard(delivery.name() + " at the rival"),
                    RIVALS_APPEND_MS);
            handle(node, delivery, RIVALS_APPEND_MS);
        } else {
            handle(node, delivery, APPEND_MS);
        }
        List<Runnable> overtaken = held.remove(delivery.subject());
        if (overtaken != null) {
            overtaken.forEach(Runnable::run);
        }
    }

    /** As by consistent hashing: of those that are up, always the same. */
    private Node route(Delivery delivery, List<Node> live) {
        return bank.chance().pick("route of " + delivery.aggregate() + " among " + live.size(), live);
    }

    /** As the service's own bus does, which handles it again after a conflict. */
    private void handle(Node node, Delivery delivery, long appendMs) {
        new SimulatedCommandBus(
                        (decision, onEnd) -> decide(node, delivery, appendMs, decision, onEnd),
                        !bank.bug().answersStale())
                .handle(delivery.command(), node.handler(), outcome -> end(delivery, outcome));
    }

    private void decide(
            Node node, Delivery delivery, long appendMs, Callable<Object> decision, Consumer<Object> onEnd) {
        if (!node.busy().add(delivery.aggregate())) {
            node.after(BUSY_MS, () -> decide(node, delivery, appendMs, decision, onEnd));
            return;
        }
        if (strikes(Fault.CLOCK_SET, delivery)) {
            node.setClock();
        }
        node.after(0, () -> {
            Work work = Work.begin(delivery.command(), decision);
            if (work.failure() != null) {
                node.busy().remove(delivery.aggregate());
                onEnd.accept(work.failure());
                return;
            }
            node.hold(work);
            if (bank.bug().answersFirst()) {
                answer(delivery, work.result());
            }
            if (strikes(Fault.CRASH_BEFORE_APPEND, delivery)) {
                crash(node, delivery);
                return;
            }
            if (strikes(Fault.FROZEN, delivery)) {
                bank.freeze(node, delivery.name());
            }
            boolean isDelayed = wants(Fault.APPEND_DELAYED, delivery);
            long takesMs =
                    isDelayed ? bank.chance().spread("append of " + delivery.name(), LONGEST_APPEND_MS) : appendMs;
            node.after(takesMs, () -> append(node, work, delivery, isDelayed, onEnd));
        });
    }

    private void append(Node node, Work work, Delivery delivery, boolean isDelayed, Consumer<Object> onEnd) {
        int before = bank.log().size();
        node.store().next(events -> {
            if (isDelayed) {
                bank.faults().met(Fault.APPEND_DELAYED, delivery.step());
            }
            store(events, delivery);
        });
        node.letGo(work);
        Object outcome = work.commit() ? work.result() : work.failure();
        node.busy().remove(delivery.aggregate());
        if (bank.log().size() > before && strikes(Fault.CRASH_BEFORE_ANSWER, delivery)) {
            crash(node, delivery);
        } else {
            onEnd.accept(outcome);
        }
    }

    private void store(List<? extends EventMessage<?>> events, Delivery delivery) {
        if (strikes(Fault.APPEND_REFUSED, delivery)) {
            throw new IllegalStateException("The event store is away");
        }
        if (strikes(Fault.APPEND_LATE, delivery)) {
            List<EventMessage<?>> late = List.copyOf(events);
            carry(bank.chance().spread("late append of " + delivery.name(), LONGEST_LATE_APPEND_MS), () -> bank.log()
                    .appendIfFree(late));
            throw new IllegalStateException("The event store has not answered yet");
        }
        bank.log().append(events);
        if (strikes(Fault.APPEND_UNANSWERED, delivery)) {
            throw new IllegalStateException("The event store did not answer");
        }
    }

    private void end(Delivery delivery, Object outcome) {
        if (!bank.bug().answersFirst() || outcome instanceof Throwable) {
            answer(delivery, outcome);
        }
    }

    private void crash(Node node, Delivery delivery) {
        node.crash(bank.chance().spread("down at " + delivery.name(), Bank.LONGEST_DOWN_MS));
    }

    private void answer(Delivery delivery, Object outcome) {
        String name = delivery.name();
        bank.books().answered(delivery.command().getPayload(), outcome);
        bank.history()
                .add(
                        "answer",
                        "",
                        () -> name + ": " + (outcome instanceof Throwable failure ? failure.getMessage() : outcome));
        if (strikesAnswer(Fault.RESULT_DROPPED, delivery)) {
            return;
        }
        long latencyMs = strikesAnswer(Fault.RESULT_DELAYED, delivery)
                ? 1_000 + bank.chance().spread("delay back of " + name, LONGEST_RESULT_DELAY_MS)
                : bank.chance().between("latency back of " + name, 1, 20);
        carry(latencyMs, () -> delivery.onAnswer().accept(outcome));
        if (strikesAnswer(Fault.RESULT_DUPLICATED, delivery)) {
            carry(latencyMs + 1_000, () -> delivery.onAnswer().accept(outcome));
        }
    }

    private boolean strikes(Fault fault, Delivery delivery) {
        return bank.faults().strikes(fault, delivery.step(), delivery.subject());
    }

    /** Only if somebody would hear the answer. */
    private boolean strikesAnswer(Fault fault, Delivery delivery) {
        boolean matters =
                delivery.step() == null || fault.impossibleAt(delivery.step()).isEmpty();
        return delivery.isHeard() && matters && strikes(fault, delivery);
    }

    private boolean wants(Fault fault, Delivery delivery) {
        return bank.faults().wants(fault, delivery.step(), delivery.subject());
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
