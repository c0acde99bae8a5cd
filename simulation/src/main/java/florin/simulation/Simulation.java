package florin.simulation;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;

/**
 * One run of a seed: clients ask while things go wrong, then the faults stop and everything comes to rest; in some, days
 * pass, the accounts forget, and commands come that were sent days before.
 */
final class Simulation {

    private static final long OPENED_AT_MS = 2_000;
    private static final long LOOK_EVERY_MS = 10_000;
    private static final long REST_WITHIN_MS = 3_600_000;
    private static final long DAYS_MS = 3 * 24 * 3_600_000L;

    private final long seed;
    private final Supplier<Bug> bugs;
    private Coverage coverage = new Coverage();
    private boolean keepHistory;
    private Collection<String> allowedFaults;
    private Set<Integer> omittedRequests = Set.of();

    Simulation(long seed, Supplier<Bug> bugs) {
        this.seed = seed;
        this.bugs = bugs;
    }

    Simulation counting(Coverage counted) {
        coverage = counted;
        return this;
    }

    Simulation keepingHistory() {
        keepHistory = true;
        return this;
    }

    /** With no other faults than these. */
    Simulation onlyFaults(Collection<String> names) {
        allowedFaults = names;
        return this;
    }

    /** Without some of the clients' requests. */
    Simulation omitting(Set<Integer> requests) {
        omittedRequests = requests;
        return this;
    }

    Outcome run() {
        SimulatedTime time = new SimulatedTime();
        time.rule();
        SimulatedIdentifiers.restart();
        Bug bug = bugs.get();
        Chance chance = new Chance(seed);
        Scenario scenario = new Scenario(chance, bug);
        History history = new History(time, keepHistory);
        Faults faults = new Faults(
                chance, coverage, history, allowedFaults, scenario.drivers() != Scenario.Drivers.SAGA_ALONE, bug);
        Bank bank = new Bank(time, chance, faults, coverage, history, bug, scenario);
        try {
            live(bank, scenario);
        } catch (RuntimeException thrown) {
            while (CurrentUnitOfWork.isStarted()) {
                CurrentUnitOfWork.clear(CurrentUnitOfWork.get());
            }
            String where = Stream.of(thrown.getStackTrace())
                    .findFirst()
                    .map(at -> " at " + at)
                    .orElse("");
            bank.books().broken(Invariant.NOTHING_THROWS, null, thrown + where);
        }
        return new Outcome(
                seed,
                Optional.ofNullable(bank.books().violation()),
                faults.struck(),
                scenario.requests().size() - omittedRequests.size(),
                scenario.toString(),
                history.size(),
                bank.log().size(),
                history.lines());
    }

    private void live(Bank bank, Scenario scenario) {
        scenario.openings().forEach(opening -> at(bank, opening));
        IntStream.range(0, scenario.requests().size())
                .filter(index -> !omittedRequests.contains(index))
                .forEach(index -> at(bank, scenario.requests().get(index)));
        until(bank, OPENED_AT_MS);
        bank.faults().start();
        if (until(bank, scenario.faultsForMs()) && settle(bank)) {
            List<CommandMessage<?>> late = bank.network().forLater();
            if (!late.isEmpty()) {
                daysLater(bank, scenario, late);
            }
        }
    }

    private static void at(Bank bank, Scenario.Request request) {
        bank.time().after(request.atMs(), () -> bank.client().ask(request.command()));
    }

    private static void daysLater(Bank bank, Scenario scenario, List<CommandMessage<?>> late) {
        until(bank, bank.time().nowMs() + DAYS_MS);
        scenario.afterlife().forEach(command -> bank.client().ask(command));
        if (settle(bank)) {
            late.forEach(command -> bank.network().send("late", command, false, answer -> {}));
            settle(bank);
        }
    }

    /** Lets everything come to rest without faults; false if something is broken. */
    private static boolean settle(Bank bank) {
        bank.heal();
        long limitMs = bank.time().nowMs() + REST_WITHIN_MS;
        do {
            if (!until(bank, bank.time().nowMs() + LOOK_EVERY_MS)) {
                return false;
            }
        } while (!bank.isAtRest() && bank.time().nowMs() < limitMs);
        bank.checkRest();
        return bank.books().violation() == null;
    }

    /** False as soon as something is broken. */
    private static boolean until(Bank bank, long atMs) {
        while (bank.books().violation() == null && bank.time().step(atMs)) {
            // One thing after another.
        }
        return bank.books().violation() == null;
    }
}
